internal import Torch

/// Values that are not tensors.
extension ProcessGroup {
  /// All ranks' bytes, in order of rank; every rank may have another number of them.
  ///
  /// - Parameters:
  ///   - bytes: This rank's bytes.
  ///   - label: What they are, for messages; the same on all ranks.
  /// - Throws: `CollectiveError`.
  public func allGather(bytes: [UInt8], label: String = "") throws(CollectiveError) -> [[UInt8]] {
    if size == 1 { return [bytes] }
    let sizes = try tensor(of: Array(repeating: 0, count: size))
    try allGather(into: sizes, from: try tensor(of: [bytes.count]), label: "the sizes of '\(label)'").wait()
    let counts = try values(of: sizes, as: Int.self)
    let all = try tensor(of: [UInt8](repeating: 0, count: counts.reduce(0, +)))
    try allGather(into: all, from: try tensor(of: bytes), counts: counts, label: label).wait()
    let joined = try values(of: all, as: UInt8.self)
    var begin = 0
    return counts.map { count in
      defer { begin += count }
      return Array(joined[begin..<begin + count])
    }
  }

  /// One rank's bytes, on all ranks.
  ///
  /// - Parameters:
  ///   - bytes: What the root sends; ignored on the others.
  ///   - root: The rank of the group that sends.
  ///   - label: What they are, for messages; the same on all ranks.
  /// - Throws: `CollectiveError`.
  public func broadcast(bytes: [UInt8], from root: Int, label: String = "") throws(CollectiveError) -> [UInt8]
  {
    if size == 1 { return bytes }
    let count = try tensor(of: [bytes.count])
    try broadcast(count, from: root, label: "the size of '\(label)'").wait()
    let length = try values(of: count, as: Int.self)[0]
    let data = try tensor(of: rank == root ? bytes : [UInt8](repeating: 0, count: length))
    try broadcast(data, from: root, label: label).wait()
    return try values(of: data, as: UInt8.self)
  }

  private func tensor<Element: TorchScalar>(of values: [Element]) throws(CollectiveError) -> Tensor {
    do throws(TorchError) { return try Tensor(values) } catch { throw .tensor(error) }
  }

  private func values<Element: TorchScalar>(
    of tensor: Tensor, as type: Element.Type
  ) throws(CollectiveError) -> [Element] {
    do throws(TorchError) { return try tensor.array(of: type) } catch { throw .tensor(error) }
  }
}
