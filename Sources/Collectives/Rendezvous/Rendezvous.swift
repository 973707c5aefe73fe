internal import CTorch
internal import Glibc

/// How the processes of a job find each other.
public enum Rendezvous {
  /// The port of rank 0's store unless MASTER_PORT says otherwise.
  public static let defaultPort = 29500

  /// Joins the ranks of this job as the launcher's environment variables say: RANK, WORLD_SIZE, LOCAL_RANK,
  /// MASTER_ADDR and MASTER_PORT. Without RANK and WORLD_SIZE this process is the only rank.
  ///
  /// DEEPSPEED_TRANSPORT may name a ``Transport`` to use instead of the one that is chosen.
  /// DEEPSPEED_RANKS_PER_HOST lets so many consecutive ranks behave as if they were a host of their own, to try on one
  /// machine what several do.
  ///
  /// - Parameters:
  ///   - timeout: How long to wait for the others, and how long an operation may take later.
  ///   - variable: Looks up a variable; by default in this process's environment.
  /// - Throws: `CollectiveError.environment`, `portInUse`, `masterUnreachable`, `ranksMissing` or
  ///   `duplicateRank`.
  public static func join(
    timeout: Duration = .seconds(600), variable: (String) -> String? = Self.processVariable
  ) throws(CollectiveError) -> RankContext {
    if variable("RANK") == nil, variable("WORLD_SIZE") == nil { return try .single(timeout: timeout) }
    let worldSize = try number("WORLD_SIZE", variable, in: 1...1_000_000)
    let rank = try number("RANK", variable, in: 0...worldSize - 1)
    let localRank = try number("LOCAL_RANK", variable, in: 0...worldSize - 1, fallback: 0)
    if worldSize == 1 { return try .single(timeout: timeout) }
    let port = try number("MASTER_PORT", variable, in: 1...65535, fallback: defaultPort)
    guard let host = variable("MASTER_ADDR"), !host.isEmpty else {
      throw .environment(
        variable: "MASTER_ADDR", found: nil, expected: "the name or address of rank 0's machine")
    }
    let transport = try transport(variable)
    let ranksPerHost = try number("DEEPSPEED_RANKS_PER_HOST", variable, in: 1...worldSize, fallback: worldSize)
    let store =
      rank == 0
      ? try Store.serving(port: port, timeout: timeout).store
      : try Store.connecting(to: host, port: port, timeout: timeout)
    let names = try hostNames(rank: rank, worldSize: worldSize, store: store, timeout: timeout)
    let isLocal = Set(names).count == 1
    let address = isLocal ? "127.0.0.1" : Socket.addressSeen(by: host, port: port) ?? Socket.hostName
    return try RankContext(
      rank: rank, worldSize: worldSize, localRank: localRank, store: store,
      hosts: HostPlacement(hostNames: names.enumerated().map { "\($1) \($0 / ranksPerHost)" }), address: address,
      transport: transport, timeout: timeout)
  }

  private static func transport(_ variable: (String) -> String?) throws(CollectiveError) -> Transport {
    guard let text = variable("DEEPSPEED_TRANSPORT"), !text.isEmpty else { return .automatic }
    guard let transport = Transport(rawValue: text) else {
      let names = Transport.allCases.map(\.rawValue).joined(separator: ", ")
      throw .environment(variable: "DEEPSPEED_TRANSPORT", found: text, expected: "one of \(names)")
    }
    return transport
  }

  /// A variable of this process's environment.
  public static func processVariable(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }

  /// What names the host of each rank: ranks with the same name share memory and the loopback.
  private static func hostNames(
    rank: Int, worldSize: Int, store: Store, timeout: Duration
  ) throws(CollectiveError) -> [String] {
    var bytes = [CChar](repeating: 0, count: 512)
    ct_host_identity(&bytes, bytes.count)
    try store.set("host/\(rank)", String(decoding: bytes.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
    let start = ContinuousClock.now
    var names: [String] = []
    var missing: [Int] = []
    for other in 0..<worldSize {
      let left = Swift.max(.milliseconds(1), timeout - start.duration(to: .now))
      if let name = try? store.text("host/\(other)", timeout: left) { names.append(name) } else { missing.append(other) }
    }
    if !missing.isEmpty { throw .ranksMissing(group: "world", ranks: missing, after: timeout) }
    return names
  }

  private static func number(
    _ name: String, _ variable: (String) -> String?, in range: ClosedRange<Int>, fallback: Int? = nil
  ) throws(CollectiveError) -> Int {
    let text = variable(name)
    if text == nil, let fallback { return fallback }
    guard let text, let value = Int(text), range.contains(value) else {
      throw .environment(
        variable: name, found: text,
        expected: "a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }
}
