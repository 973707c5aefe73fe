internal import CTorch
public import Torch

/// Memory of every rank of a group that the others read whenever they like, without its taking part.
///
/// A collective needs all ranks at the same place; a window does not, so that a rank may read more often than
/// another one, or in another order: an expert that gets no token, an evaluation that ends earlier. What is read
/// while its owner writes is undefined; whoever writes puts a barrier between.
///
/// Ranks of one machine only. The object belongs to the rank's thread.
public final class ShardWindow {
  private let group: ProcessGroup
  private let own: WindowHandle
  private let others: [WindowHandle?]

  /// Opens a window of `byteCount` bytes on every rank; all ranks of the group call this.
  ///
  /// - Throws: `CollectiveError`; on machines where one rank cannot open another's memory, on every rank.
  public init(byteCount: Int, group: ProcessGroup) throws {
    self.group = group
    own = try WindowHandle(byteCount: byteCount)
    let addresses = try group.allGather(bytes: Array(own.address.utf8), label: "addresses of windows")
    others = try addresses.enumerated().map { rank, address in
      rank == group.rank ? nil : try WindowHandle(address: String(decoding: address, as: UTF8.self))
    }
    // Until all have opened it, nobody's memory may go.
    try group.barrier(label: "windows are open")
  }

  /// Whether the group's ranks can read each other's memory: those of one host can.
  public static func isPossible(in group: ProcessGroup) -> Bool { group.hosts.hostCount == 1 }

  /// A view of this rank's memory, `[elementCount]` from byte `byteOffset` on, which keeps it alive.
  ///
  /// - Throws: `TorchError`.
  public func values(byteOffset: Int, elementCount: Int, dtype: DType) throws(TorchError) -> Tensor {
    let handle = own
    guard elementCount > 0, let memory = handle.memory else { return try Tensor.empty([0], dtype: dtype) }
    return try Tensor.borrowing(memory + byteOffset, shape: [elementCount], dtype: dtype) {
      withExtendedLifetime(handle) {}
    }
  }

  /// Copies the same range of every rank's memory, in order of rank.
  ///
  /// - Parameters:
  ///   - output: `[N k]`, contiguous on the CPU; receives the ranges one after another.
  ///   - byteOffset: where the range begins on every rank.
  ///   - label: what is read, for the log.
  /// - Throws: `CollectiveError`.
  /// - Complexity: reads `(N - 1) k` elements of others; no rank waits for another.
  public func gather(into output: Tensor, byteOffset: Int, label: String) throws(CollectiveError) {
    let start = ContinuousClock.now
    let part = output.byteCount / group.size
    try output.withUnsafeMutableBytes { (bytes) throws(CollectiveError) in
      for rank in 0..<group.size {
        guard let target = bytes.baseAddress.map({ $0 + rank * part }) else { continue }
        if let other = others[rank] {
          try other.read(offset: byteOffset, into: target, byteCount: part)
        } else if let memory = own.memory {
          target.copyMemory(from: memory + byteOffset, byteCount: part)
        }
      }
    }
    group.noteRead(
      .allGather, byteCount: output.byteCount, read: output.byteCount - part, dtype: output.dtype, label: label,
      latency: .now - start)
  }
}

extension ProcessGroup {
  /// Counts what this rank took from others.
  func noteRead(
    _ operation: CollectiveOperation, byteCount: Int, read: Int, dtype: DType, label: String, latency: Duration
  ) {
    ledger.noteRead(
      CollectiveRecord(
        group: name, sequence: 0, operation: operation, byteCount: byteCount, dtype: dtype, label: label, peer: nil),
      byteCount: read, latency: latency)
    showEndedOperations()
  }
}

/// A window's end in C. Sendable: nothing in it changes after it was made.
private final class WindowHandle: Sendable {
  private let address_: UInt

  private var handle: OpaquePointer? { OpaquePointer(bitPattern: address_) }

  init(byteCount: Int) throws(CollectiveError) {
    address_ = try WindowHandle.made { ct_window_create(byteCount, &$0) }
  }

  init(address: String) throws(CollectiveError) {
    address_ = try WindowHandle.made { ct_window_open(address, &$0) }
  }

  deinit { ct_window_release(handle) }

  private static func made(_ body: (inout OpaquePointer?) -> ct_status) throws(CollectiveError) -> UInt {
    var result: OpaquePointer?
    guard body(&result) == CT_OK else {
      throw .invalidArgument(operation: "window", reason: String(cString: ct_error_message()))
    }
    return UInt(bitPattern: result)
  }

  var memory: UnsafeMutableRawPointer? { ct_window_memory(handle) }

  var address: String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { text in
      ct_window_address(handle, text.baseAddress, text.count)
      return String(cString: text.baseAddress!)
    }
  }

  func read(offset: Int, into target: UnsafeMutableRawPointer, byteCount: Int) throws(CollectiveError) {
    guard ct_window_read(handle, offset, target, byteCount) == CT_OK else {
      throw .invalidArgument(operation: "reading a window", reason: String(cString: ct_error_message()))
    }
  }
}
