internal import CTorch
public import Torch

extension ProcessGroup {
  /// Sends a tensor to one rank, which receives it. Several between the same two ranks arrive in order.
  ///
  /// - Parameters:
  ///   - tensor: Contiguous, on the CPU; unchanged.
  ///   - destination: The rank of the group that receives it.
  ///   - channel: A number that both sides give, for independent series between the same two ranks.
  ///   - label: What is sent, for messages.
  /// - Throws: `CollectiveError`.
  @discardableResult
  public func send(
    _ tensor: Tensor, to destination: Int, channel: UInt16 = 0, label: String = ""
  ) throws(CollectiveError) -> Work {
    try checkPeer(destination, .send)
    return try begin(.send, on: tensor, label: label, salt: Int(channel), peer: destination) {
      group, tag, result in
      tensor.withUnsafeHandle { ct_send(group, $0, destination, tag, &result) }
    }
  }

  /// Receives a tensor that a rank sends.
  ///
  /// - Parameters:
  ///   - tensor: Contiguous, on the CPU, with as many bytes as the sender's; overwritten.
  ///   - source: The rank of the group that sends it.
  ///   - channel: The sender's number.
  ///   - label: What is received, for messages.
  /// - Throws: `CollectiveError`.
  @discardableResult
  public func receive(
    _ tensor: Tensor, from source: Int, channel: UInt16 = 0, label: String = ""
  ) throws(CollectiveError) -> Work {
    try checkPeer(source, .receive)
    return try begin(.receive, on: tensor, label: label, salt: Int(channel), peer: source) {
      group, tag, result in
      tensor.withUnsafeHandle { ct_receive(group, $0, source, tag, &result) }
    }
  }

  private func checkPeer(_ peer: Int, _ operation: CollectiveOperation) throws(CollectiveError) {
    try checkRank(peer, operation)
    if peer == rank {
      throw .invalidArgument(operation: operation.rawValue, reason: "rank \(rank) is this rank itself")
    }
  }
}
