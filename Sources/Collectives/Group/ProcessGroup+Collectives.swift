internal import CTorch
public import Torch

// N is the number of ranks, n the elements of a whole tensor, k = n / N those of one rank's part. Tensors are
// contiguous and on the CPU. Reductions sum in order of rank, half precision in f32 with one rounding, so
// that all ranks get the same bits.
extension ProcessGroup {
  /// Replaces a tensor by the reduction of all ranks' tensors.
  ///
  /// - Parameters:
  ///   - tensor: `[n]` in any shape, the same on all ranks; changed in place.
  ///   - op: How the values become one.
  ///   - label: What is reduced, for messages; the same on all ranks.
  /// - Throws: `CollectiveError`.
  /// - Complexity: Sends 2 (N-1)/N n elements; small tensors are sent whole to all, (N-1) n elements.
  @discardableResult
  public func allReduce(
    _ tensor: Tensor, op: ReduceOperation = .sum, label: String = ""
  ) throws(CollectiveError) -> Work {
    try begin(.allReduce, on: tensor, label: label, salt: Int(op.rawValue)) { group, tag, result in
      tensor.withUnsafeHandle { ct_all_reduce(group, $0, op.code, tag, &result) }
    }
  }

  /// Reduces all ranks' tensors into that of one rank; the others' stay as they are.
  ///
  /// - Parameters:
  ///   - tensor: `[n]` in any shape, the same on all ranks; changed in place at the root.
  ///   - root: The rank of the group that receives the result.
  ///   - op: How the values become one.
  ///   - label: What is reduced, for messages; the same on all ranks.
  /// - Throws: `CollectiveError`.
  /// - Complexity: Every rank but the root sends n elements.
  @discardableResult
  public func reduce(
    _ tensor: Tensor, to root: Int, op: ReduceOperation = .sum, label: String = ""
  ) throws(CollectiveError) -> Work {
    try checkRank(root, .reduce)
    return try begin(.reduce, on: tensor, label: label, salt: Int(op.rawValue) << 16 | root) {
      group, tag, result in
      tensor.withUnsafeHandle {
        ct_reduce(group, $0, root, op.code, tag, &result)
      }
    }
  }

  /// Replaces a tensor by that of one rank.
  ///
  /// - Parameters:
  ///   - tensor: `[n]` in any shape, the same on all ranks; changed in place on all but the root.
  ///   - root: The rank of the group whose tensor all receive.
  ///   - label: What is sent, for messages; the same on all ranks.
  /// - Throws: `CollectiveError`.
  /// - Complexity: Over Gloo the root sends n elements and the others pass on (N-2)/(N-1) n; small tensors are sent
  ///   to all, (N-1) n elements from the root, and so are all tensors in shared memory.
  @discardableResult
  public func broadcast(_ tensor: Tensor, from root: Int, label: String = "") throws(CollectiveError) -> Work
  {
    try checkRank(root, .broadcast)
    return try begin(.broadcast, on: tensor, label: label, salt: root) { group, tag, result in
      tensor.withUnsafeHandle { ct_broadcast(group, $0, root, tag, &result) }
    }
  }

  /// Joins all ranks' parts in order of rank.
  ///
  /// - Parameters:
  ///   - output: `[n]`, receives the parts.
  ///   - input: `[k]`, this rank's part; it may be its place in `output`, and then nothing is copied.
  ///   - counts: How many elements each rank has; nil for the same number on all.
  ///   - label: What is gathered, for messages; the same on all ranks.
  /// - Throws: `CollectiveError`.
  /// - Complexity: Sends (N-1) k elements.
  @discardableResult
  public func allGather(
    into output: Tensor, from input: Tensor, counts: [Int]? = nil, label: String = ""
  ) throws(CollectiveError) -> Work {
    let parts = try parts(counts, of: output.elementCount, .allGather, "the output")
    if size == 1 { try copy(input, to: output, .allGather) }
    return try begin(.allGather, on: output, label: label) { group, tag, result in
      output.withUnsafeHandle { output in
        input.withUnsafeHandle { ct_all_gather(group, output, $0, parts, tag, &result) }
      }
    }
  }

  /// Reduces all ranks' tensors and gives every rank its part of the result.
  ///
  /// - Parameters:
  ///   - output: `[k]`, receives this rank's part; it may be its place in `input`.
  ///   - input: `[n]`, the parts in order of rank; otherwise unchanged.
  ///   - counts: How many elements each rank gets; nil for the same number on all.
  ///   - op: How the values become one.
  ///   - label: What is reduced, for messages; the same on all ranks.
  /// - Throws: `CollectiveError`.
  /// - Complexity: Sends (N-1)/N n elements.
  @discardableResult
  public func reduceScatter(
    into output: Tensor, from input: Tensor, counts: [Int]? = nil, op: ReduceOperation = .sum,
    label: String = ""
  ) throws(CollectiveError) -> Work {
    let parts = try parts(counts, of: input.elementCount, .reduceScatter, "the input")
    if size == 1 { try copy(input, to: output, .reduceScatter) }
    return try begin(.reduceScatter, on: input, label: label, salt: Int(op.rawValue)) { group, tag, result in
      output.withUnsafeHandle { output in
        input.withUnsafeHandle {
          ct_reduce_scatter(
            group, output, $0, parts, op.code, tag, &result)
        }
      }
    }
  }

  /// Gives every rank its part of this rank's tensor, and joins what the ranks give to this one in order of
  /// rank.
  ///
  /// - Parameters:
  ///   - output: `[m]`, receives the parts.
  ///   - input: `[n]`, the parts in order of rank.
  ///   - outputCounts: How many elements come from each rank; nil for the same number from all.
  ///   - inputCounts: How many elements go to each rank; nil for the same number to all.
  ///   - label: What is exchanged, for messages; the same on all ranks.
  /// - Throws: `CollectiveError`.
  /// - Complexity: Sends the elements that go to other ranks.
  @discardableResult
  public func allToAll(
    into output: Tensor, from input: Tensor, outputCounts: [Int]? = nil, inputCounts: [Int]? = nil,
    label: String = ""
  ) throws(CollectiveError) -> Work {
    let outputParts = try parts(outputCounts, of: output.elementCount, .allToAll, "the output")
    let inputParts = try parts(inputCounts, of: input.elementCount, .allToAll, "the input")
    if size == 1 { try copy(input, to: output, .allToAll) }
    return try begin(.allToAll, on: input, label: label) { group, tag, result in
      output.withUnsafeHandle { output in
        input.withUnsafeHandle { ct_all_to_all(group, output, $0, outputParts, inputParts, tag, &result) }
      }
    }
  }

  /// Waits until all ranks have come here.
  ///
  /// - Parameter label: What for, for messages; the same on all ranks.
  /// - Throws: `CollectiveError`.
  public func barrier(label: String = "") throws(CollectiveError) {
    try begin(.barrier, on: nil, label: label) { group, tag, result in ct_barrier(group, tag, &result) }
      .wait()
  }

  /// What an operation of a single rank comes to; nothing where both are the same memory.
  private func copy(_ input: Tensor, to output: Tensor, _ operation: CollectiveOperation)
    throws(CollectiveError)
  {
    guard input.elementCount == output.elementCount, input.dtype == output.dtype else {
      throw .invalidArgument(
        operation: operation.rawValue,
        reason: "\(input.elementCount) elements of \(input.dtype.name) do not fit \(output.elementCount) of "
          + output.dtype.name)
    }
    if input.sharesStorage(with: output), input.storageOffset == output.storageOffset { return }
    do throws(TorchError) {
      try withoutGradients { () throws(TorchError) in _ = try output.view([-1]).copyInPlace(input.view([-1]))
      }
    } catch {
      throw .tensor(error)
    }
  }
}

extension ReduceOperation {
  fileprivate var code: ct_reduction {
    switch self {
    case .sum: CT_REDUCE_SUM
    case .mean: CT_REDUCE_MEAN
    case .max: CT_REDUCE_MAX
    case .min: CT_REDUCE_MIN
    case .product: CT_REDUCE_PRODUCT
    }
  }
}
