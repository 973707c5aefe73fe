import Glibc

/// What the launcher has to know of the machine it runs on.
public struct LocalMachine: Sendable, Equatable {
  /// The name of the machine.
  public var hostName: String
  /// The number of NVIDIA GPUs that the driver shows.
  public var gpuCount: Int
  /// The number of NUMA nodes that have cores.
  public var memoryNodeCount: Int
  /// The cores that this process may use.
  public var cores: CoreTopology

  /// A machine of the given make, for tests and plans.
  public init(hostName: String, gpuCount: Int, memoryNodeCount: Int, cores: CoreTopology) {
    self.hostName = hostName
    self.gpuCount = gpuCount
    self.memoryNodeCount = memoryNodeCount
    self.cores = cores
  }

  /// The machine this process runs on, as `/proc`, `/sys` and `/dev` show it.
  public static func current() -> LocalMachine {
    LocalMachine(
      hostName: currentHostName(),
      gpuCount: (Folder.entries(of: "/dev") ?? []).count {
        $0.hasPrefix("nvidia") && Int($0.dropFirst("nvidia".count)) != nil
      },
      memoryNodeCount: memoryNodes(), cores: CoreTopology.current())
  }

  /// The absolute path of the running program, which remote nodes are expected to have as well.
  public static func executablePath() -> String {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = buffer.withUnsafeMutableBytes {
      readlink("/proc/self/exe", $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
    }
    return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : CommandLine.arguments[0]
  }

  /// Whether `host` is a name of this machine, as far as that shows without a name server.
  public func isNamed(_ host: String) -> Bool {
    host == "localhost" || host == "127.0.0.1" || host == "::1" || host == hostName
      || host == String(hostName.prefix { $0 != "." })
  }

  /// How many ranks this machine runs when nobody says otherwise: one per GPU, and without GPUs `LOCAL_SIZE`,
  /// or one per NUMA node.
  func defaultSlotCount(environment: [String: String]) -> Int {
    if gpuCount > 0, environment["DS_ACCELERATOR"] != "cpu" { return gpuCount }
    if let text = environment["LOCAL_SIZE"], let count = Int(text), count > 0 { return count }
    return max(1, memoryNodeCount)
  }

  private static func currentHostName() -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard gethostname(&buffer, buffer.count - 1) == 0 else { return "localhost" }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func memoryNodes() -> Int {
    let root = "/sys/devices/system/node"
    return (Folder.entries(of: root) ?? []).count { name in
      guard name.hasPrefix("node"), Int(name.dropFirst("node".count)) != nil,
        let cores = try? TextFile.read("\(root)/\(name)/cpulist")
      else { return false }
      return !cores.trimmed.isEmpty
    }
  }
}
