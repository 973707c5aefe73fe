public import Torch

/// What can go wrong between ranks.
public enum CollectiveError: Error, Sendable, CustomStringConvertible {
  /// An operation did not end in time; the report says where every rank is.
  case timedOut(DivergenceReport)
  /// Ranks mean different operations by the same number; the report says which.
  case mismatch(DivergenceReport)
  /// Another rank ended in an error, or called ``RankContext/abort(reason:)``.
  case rankFailed(rank: Int, reason: String)
  /// The connection to a rank ended during an operation: its process died, or the network did.
  case connectionLost(rank: Int?, during: CollectiveRecord, reason: String)
  /// Ranks that did not come to a rendezvous or to the making of a group.
  case ranksMissing(group: String, ranks: [Int], after: Duration)
  /// Two processes have the same rank.
  case duplicateRank(Int)
  /// Another program listens at the port that rank 0 should serve.
  case portInUse(port: Int)
  /// Nobody answers at the address of rank 0.
  case masterUnreachable(host: String, port: Int, after: Duration)
  /// An environment variable that the launcher should have set is missing or wrong.
  case environment(variable: String, found: String?, expected: String)
  /// The store did not do what it was asked.
  case store(action: String, reason: String)
  /// Tensors or ranks that do not fit the operation.
  case invalidArgument(operation: String, reason: String)
  /// An operation on a tensor failed on the way.
  case tensor(TorchError)

  /// One line with what happened, where, and what to do where that can be known.
  public var description: String {
    switch self {
    case .timedOut(let report): "the ranks wait for each other: \(report)"
    case .mismatch(let report): "the ranks do different things: \(report)"
    case .rankFailed(let rank, let reason): "rank \(rank) failed: \(reason)"
    case .connectionLost(let rank, let record, let reason):
      "the connection to \(rank.map { "rank \($0)" } ?? "another rank") was lost in the \(record): \(reason)"
    case .ranksMissing(let group, let ranks, let time):
      "\(Self.list(ranks)) did not come to the group '\(group)' within \(time.secondsText)"
    case .duplicateRank(let rank): "two processes say that they are rank \(rank): RANK must differ"
    case .portInUse(let port):
      "port \(port) is in use on this machine: choose another one with --master_port or MASTER_PORT"
    case .masterUnreachable(let host, let port, let time):
      "rank 0 does not answer at \(host):\(port) after \(time.secondsText): "
        + "is it running, and are MASTER_ADDR and MASTER_PORT right?"
    case .environment(let variable, let found, let expected):
      "the environment variable \(variable) is \(found.map { "'\($0)'" } ?? "not set"), "
        + "expected \(expected)"
    case .store(let action, let reason): "the ranks' store could not \(action): \(reason)"
    case .invalidArgument(let operation, let reason): "\(operation): \(reason)"
    case .tensor(let error): "\(error)"
    }
  }

  private static func list(_ ranks: [Int]) -> String {
    ranks.count == 1 ? "rank \(ranks[0])" : "ranks \(ranks.map(String.init).joined(separator: ", "))"
  }
}

/// Where the ranks were when an operation did not go on.
public struct DivergenceReport: Sendable, Hashable, CustomStringConvertible {
  /// The rank that reports.
  public let rank: Int
  /// What it was waiting for.
  public let record: CollectiveRecord
  /// How long.
  public let waited: Duration
  /// Where the others of the group are, in order of rank.
  public let positions: [RankPosition]

  /// For example `rank 0 has waited 2.0 s in the all-reduce #3 of 'loss' ...; rank 1 is in the ...`.
  public var description: String {
    let others = positions.map { "; \($0)" }.joined()
    return
      "rank \(rank) has waited \(waited.secondsText) in the \(record) of group '\(record.group)'\(others)"
  }
}

/// Where a rank is in a group, as it says itself.
public struct RankPosition: Sendable, Hashable, CustomStringConvertible {
  /// What a rank is doing.
  public enum State: Sendable, Hashable {
    /// It waits in an operation.
    case inOperation(CollectiveRecord)
    /// It is busy elsewhere, after an operation or before its first one.
    case after(CollectiveRecord?)
    /// It does not answer.
    case silent
  }
  /// The rank, counted over all processes.
  public let rank: Int
  /// What it is doing.
  public let state: State

  /// For example `rank 3 is in the all-gather #41 of 'layers.7' (4096 bytes bfloat16)`.
  public var description: String {
    switch state {
    case .inOperation(let record): "rank \(rank) is in the \(record)"
    case .after(let record?): "rank \(rank) has not arrived, its last operation was the \(record)"
    case .after(nil): "rank \(rank) has not arrived, it has not begun any operation of this group"
    case .silent: "rank \(rank) gives no sign of life"
    }
  }
}
