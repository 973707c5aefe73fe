internal import CTorch
internal import Torch

/// One rank's end of a group of ranks that communicate.
///
/// All ranks of a group call the same operations in the same order. Every operation begins at once and ends
/// in the background; `Work.wait` waits for its end. A group of one rank does everything on the spot and
/// copies nothing that is in its place. The object belongs to the rank's thread.
public final class ProcessGroup {
  /// The group's name, which error messages use: "world" for all ranks.
  public let name: String
  /// This rank's number in the group.
  public let rank: Int
  /// The number of ranks in the group.
  public let size: Int
  /// The ranks of the group, counted over all processes.
  public let globalRanks: [Int]
  /// Which of the group's ranks share a host, counted in the group.
  public let hosts: HostPlacement
  let ledger: GroupLedger
  /// Receives each operation that the log takes down.
  var showOperation: ((LoggedOperation) -> Void)?
  private let maker: GroupMaker

  init(
    name: String, rank: Int, globalRanks: [Int], hosts: HostPlacement, connection: Connection?,
    maker: GroupMaker
  ) {
    self.name = name
    self.rank = rank
    self.globalRanks = globalRanks
    self.hosts = hosts
    self.maker = maker
    size = globalRanks.count
    ledger = GroupLedger(name: name, globalRanks: globalRanks, connection: connection)
  }

  /// A group of some of this one's ranks. All of them call this in the same order; the others need not.
  ///
  /// - Parameters:
  ///   - ranks: The members, counted in this group; their order is that of the new one.
  ///   - name: What messages call the group; nil for a name made of the ranks.
  ///   - transport: How its ranks reach each other; nil for the way of the world.
  /// - Returns: The group, nil when this rank is not in it.
  /// - Throws: `CollectiveError.ranksMissing`, or `invalidArgument` for ranks that do not exist or come twice.
  public func makeGroup(
    of ranks: [Int], name: String? = nil, transport: Transport? = nil
  ) throws(CollectiveError) -> ProcessGroup? {
    guard Set(ranks).count == ranks.count, ranks.allSatisfy({ 0..<size ~= $0 }), !ranks.isEmpty else {
      throw .invalidArgument(
        operation: "making of a group", reason: "the ranks \(ranks) must differ and be less than \(size)")
    }
    guard ranks.contains(rank) else { return nil }
    let members = ranks.map { globalRanks[$0] }
    return try maker.make(
      name: name ?? "ranks \(members.map(String.init).joined(separator: ","))", members: members,
      transport: transport)
  }

  /// How much this rank has communicated in this group, for each kind of operation that it has used.
  public var counts: [CollectiveOperation: CommunicationCount] { ledger.counts }

  /// How the ranks reach each other; nil for a single rank.
  public var transport: Transport? { ledger.connection?.transport }

  /// Why a group of several hosts does not use the hierarchy, for a log; nil where there is nothing to say.
  public var transportNote: String? { ledger.connection?.note }

  /// Bytes that this rank has sent to others in this group, by link.
  public var sent: LinkBytes { ledger.connection?.sentBytes ?? LinkBytes() }

  /// Bytes that this rank has sent to others in this group, over all links.
  public var sentBytes: Int { sent.total }

  /// Begins an operation: numbers it, calls C, and notes it for the watchdog.
  func begin(
    _ operation: CollectiveOperation, on tensor: Tensor?, label: String, salt: Int = 0, peer: Int? = nil,
    _ call: (OpaquePointer?, UInt64, inout OpaquePointer?) -> ct_status
  ) throws(CollectiveError) -> Work {
    if let verdict = ledger.verdict { throw verdict }
    let record = CollectiveRecord(
      group: name, sequence: ledger.nextSequence(operation, peer: peer, channel: salt), operation: operation,
      byteCount: tensor.map { $0.elementCount * $0.dtype.byteCount } ?? 0, dtype: tensor?.dtype, label: label,
      peer: peer.map { globalRanks[$0] })
    guard let connection = ledger.connection else {
      ledger.noteLocal(record)
      showEndedOperations()
      return Work(record, handle: nil, entry: 0, group: self)
    }
    var result: OpaquePointer?
    // A send and its receive carry the same tag, whatever they are called.
    let tag = peer == nil ? record.tag(salt: salt) : UInt64(record.sequence) << 32 | UInt64(UInt32(salt))
    let status = call(connection.handle, tag, &result)
    if status == CT_BACKEND || status == CT_INTERNAL {
      throw explain(record, peer: nil, reason: String(cString: ct_error_message()))
    }
    if status != CT_OK {
      throw .invalidArgument(operation: "\(record)", reason: String(cString: ct_error_message()))
    }
    let handle = WorkHandle(owning: result)
    return Work(record, handle: handle, entry: ledger.noteStart(record, handle), group: self)
  }

  /// Why an operation failed: what another rank or the watchdog says, or else that a connection ended.
  func explain(_ record: CollectiveRecord, peer: Int?, reason: String) -> CollectiveError {
    let failed = peer.map { globalRanks[$0] }
    return maker.lease.watchdog.explain(
      .connectionLost(rank: failed, during: record, reason: reason), failed: failed)
  }

  func checkRank(_ rank: Int, _ operation: CollectiveOperation) throws(CollectiveError) {
    guard globalRanks.indices.contains(rank) else {
      throw .invalidArgument(
        operation: operation.rawValue,
        reason: "rank \(rank) is not in the group '\(name)', which has \(size) ranks")
    }
  }

  /// The elements that every rank has of `count`: those given, or the same number on all.
  func parts(
    _ given: [Int]?, of count: Int, _ operation: CollectiveOperation, _ what: String
  ) throws(CollectiveError) -> [Int] {
    if let given {
      guard given.count == size else {
        throw .invalidArgument(
          operation: operation.rawValue,
          reason: "\(given.count) counts for the \(size) ranks of the group '\(name)'")
      }
      return given
    }
    guard count % size == 0 else {
      throw .invalidArgument(
        operation: operation.rawValue,
        reason:
          "\(what) has \(count) elements, which \(size) ranks cannot share evenly: pad it, or give the counts"
      )
    }
    return Array(repeating: count / size, count: size)
  }
}
