/// The ranks that save or load a checkpoint together, as far as files need to know them.
public struct CheckpointPeers {
  /// This rank, from 0 to one below the number of ranks.
  public let rank: Int
  /// The number of ranks.
  public let count: Int
  /// Gives every rank the bytes of every rank, in rank order. It doubles as a barrier.
  public let exchange: (_ bytes: [UInt8], _ label: String) throws -> [[UInt8]]

  /// The ranks and how they exchange a few bytes.
  public init(rank: Int, count: Int, exchange: @escaping (_ bytes: [UInt8], _ label: String) throws -> [[UInt8]]) {
    self.rank = rank
    self.count = count
    self.exchange = exchange
  }

  /// One rank alone.
  public static var alone: CheckpointPeers { CheckpointPeers(rank: 0, count: 1) { bytes, _ in [bytes] } }

  /// Runs `body` on every rank and lets all of them go on or fail together: a rank that throws makes every other
  /// rank throw ``PeerFailure``, so that none waits for files that will not come.
  public func together<Result>(_ label: String, _ body: () throws -> Result) throws -> Result {
    let outcome: Swift.Result<Result, any Error> = Swift.Result { try body() }
    var report: [UInt8] = []
    if case .failure(let error) = outcome { report = Array("!\(error)".utf8) }
    let reports = try exchange(report, label)
    let result = try outcome.get()
    if let failed = reports.firstIndex(where: { !$0.isEmpty }) {
      throw PeerFailure(rank: failed, reason: String(decoding: reports[failed].dropFirst(), as: UTF8.self))
    }
    return result
  }

  /// The same bytes on all ranks: those of rank 0.
  func broadcast(_ text: String, _ label: String) throws -> String {
    String(decoding: try exchange(Array((rank == 0 ? text : "").utf8), label)[0], as: UTF8.self)
  }
}

/// Another rank could not do its part of a checkpoint.
public struct PeerFailure: Error, Sendable, Equatable, CustomStringConvertible {
  /// The rank that failed.
  public let rank: Int
  /// Its error.
  public let reason: String

  /// Which rank failed, and why.
  public var description: String { "rank \(rank): \(reason)" }
}
