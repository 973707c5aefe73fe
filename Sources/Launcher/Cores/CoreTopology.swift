/// The cores that a process may use, and which of them share a physical core.
public struct CoreTopology: Sendable, Equatable {
  /// One logical core of each physical core, ascending.
  public var physicalCores: [Int]
  /// How many cores' worth of time a container's quota grants; nil without a quota.
  public var quota: Double?

  /// A machine with these physical cores.
  public init(physicalCores: [Int], quota: Double? = nil) {
    self.physicalCores = physicalCores
    self.quota = quota
  }

  /// The cores of the calling thread, by the kernel's affinity mask, topology files and cgroup quota.
  public static func current() -> CoreTopology {
    let allowed = SystemCalls.affinity()
    let siblings = Dictionary(
      uniqueKeysWithValues: allowed.map { core -> (Int, [Int]) in
        let path = "/sys/devices/system/cpu/cpu\(core)/topology/thread_siblings_list"
        guard let text = try? TextFile.read(path), let list = try? CoreList.parse(text.trimmed) else {
          return (core, [core])
        }
        return (core, list)
      })
    let quota = (try? TextFile.read("/sys/fs/cgroup/cpu.max")).flatMap { $0 }.flatMap(quota(cgroupText:))
    return CoreTopology(physicalCores: physical(of: allowed, siblings: siblings), quota: quota)
  }

  /// How many threads each of `rankCount` ranks should use, so that together they fill the machine once.
  public func threadsPerRank(rankCount: Int) -> Int {
    let cores = min(Double(max(1, physicalCores.count)), quota ?? .infinity)
    return max(1, Int(cores) / max(1, rankCount))
  }

  /// The first allowed logical core of every physical core.
  static func physical(of allowed: [Int], siblings: [Int: [Int]]) -> [Int] {
    let permitted = Set(allowed)
    return allowed.filter { core in
      (siblings[core] ?? [core]).first { permitted.contains($0) } == core
    }
  }

  /// The quota in cores of a `cpu.max` file, such as `200000 100000`; nil for `max 100000`.
  static func quota(cgroupText text: String) -> Double? {
    let fields = text.trimmed.split(separator: " ")
    guard fields.count == 2, let time = Double(fields[0]), let period = Double(fields[1]), period > 0 else {
      return nil
    }
    return time / period
  }
}
