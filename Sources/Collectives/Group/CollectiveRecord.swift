public import Torch

/// What ranks do together.
public enum CollectiveOperation: String, Sendable, Hashable, CaseIterable {
  /// Every rank gets the reduction of all ranks' tensors.
  case allReduce = "all-reduce"
  /// One rank gets the reduction of all ranks' tensors; those of the others are then undefined.
  case reduce = "reduce"
  /// Every rank gets the tensor of one rank.
  case broadcast = "broadcast"
  /// Every rank gets all ranks' pieces, joined in the order of ranks.
  case allGather = "all-gather"
  /// Rank r gets piece r of the reduction of all ranks' tensors.
  case reduceScatter = "reduce-scatter"
  /// Rank r gets piece r of every rank's tensor, joined in the order of ranks.
  case allToAll = "all-to-all"
  /// This rank's tensor goes to one other rank.
  case send = "send"
  /// A tensor of one other rank comes to this rank.
  case receive = "receive"
  /// No data: every rank waits until all are there.
  case barrier = "barrier"
}

/// How the values of the ranks become one.
public enum ReduceOperation: Int32, Sendable, Hashable, CaseIterable {
  /// `x0 + x1 + ...` over the ranks, rounded in the tensors' dtype.
  case sum = 0
  /// The sum divided by the number of ranks.
  case mean = 1
  /// The largest of the ranks' values, element by element.
  case max = 2
  /// The smallest of the ranks' values, element by element.
  case min = 3
  /// `x0 * x1 * ...` over the ranks, rounded in the tensors' dtype.
  case product = 4
}

/// One operation of a group: what it is, how much it moves and for whom.
public struct CollectiveRecord: Sendable, Hashable, CustomStringConvertible {
  /// The group's name.
  public let group: String
  /// The number of the operation in its group, from 1, the same on every rank. Sends and receives count for
  /// themselves, from one rank to another.
  public let sequence: Int
  /// What is done.
  public let operation: CollectiveOperation
  /// Bytes of the whole tensor: the gathered one of an all-gather, the scattered one of a reduce-scatter.
  public let byteCount: Int
  /// The elements' type; nil for a barrier.
  public let dtype: DType?
  /// What is moved, mostly the parameters' names.
  public let label: String
  /// The other rank of a send or a receive, else nil.
  public let peer: Int?

  /// For example `reduce-scatter #42 of 'layers.9' (4096 bytes float32)`.
  public var description: String {
    var text = "\(operation.rawValue) #\(sequence)"
    if let peer { text += operation == .send ? " to rank \(peer)" : " from rank \(peer)" }
    if !label.isEmpty { text += " of '\(label)'" }
    if let dtype { text += " (\(byteCount) bytes \(dtype.name))" }
    return text
  }

  /// Whether both ranks mean the same operation.
  func agrees(with other: CollectiveRecord) -> Bool {
    operation == other.operation && label == other.label && dtype == other.dtype
      && (byteCount == other.byteCount || operation == .allToAll)
  }

  /// The number that messages carry so that only those of the same operation match.
  func tag(salt: Int) -> UInt64 {
    var hash: UInt32 = 2_166_136_261
    func mix(_ byte: UInt8) { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
    for byte in operation.rawValue.utf8 { mix(byte) }
    for byte in label.utf8 { mix(byte) }
    for shift in stride(from: 0, to: 32, by: 8) {
      mix(UInt8(truncatingIfNeeded: (Int(dtype?.rawValue ?? -1) ^ salt) >> shift))
    }
    return UInt64(UInt32(truncatingIfNeeded: sequence) & 0x7fff_ffff) << 32 | UInt64(hash)
  }
}

/// How often and how much a group has communicated, for one kind of operation, on this rank.
public struct CommunicationCount: Sendable, Hashable {
  /// Operations that were started.
  public var callCount = 0
  /// Bytes of their tensors, as `CollectiveRecord.byteCount` counts them.
  public var payloadBytes = 0
  /// Bytes that this rank sent to others, by link.
  public var sent = LinkBytes()

  /// Bytes that this rank sent to others, over all links.
  public var sentBytes: Int { sent.total }

  /// Nothing yet.
  public init() {}
}
