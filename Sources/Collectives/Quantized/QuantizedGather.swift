public import Torch

/// An all-gather of quantised parts under way: qwZ (arXiv 2306.10209, section 3.1).
///
/// Every rank also takes its own part from the quantised form, so that all compute with the same numbers.
public final class QuantizedGather {
  private let work: Work
  private let gathered: Tensor
  private let outputs: [Tensor]
  private let format: BlockFormat
  private let partCount: Int
  private var isDone = false

  init(work: Work, gathered: Tensor, outputs: [Tensor], format: BlockFormat, partCount: Int) {
    self.work = work
    self.gathered = gathered
    self.outputs = outputs
    self.format = format
    self.partCount = partCount
  }

  /// Waits for all parts and writes them where they belong.
  ///
  /// - Throws: `CollectiveError`.
  public func wait() throws(CollectiveError) {
    if isDone { return }
    try work.wait()
    let stride = gathered.byteCount / partCount
    var start = 0
    for output in outputs {
      let dtype = try BlockFormat.kernelDType(of: output)
      let count = output.elementCount / partCount
      for part in 0..<partCount {
        format.sum(
          [BlockFormat.address(of: gathered).map { $0 + part * stride + start }], count: count,
          to: BlockFormat.address(of: output).map { $0 + part * count * output.dtype.byteCount }, dtype, factor: 1)
      }
      start += format.byteCount(of: count)
    }
    withExtendedLifetime((gathered, outputs)) {}
    isDone = true
  }
}

extension ProcessGroup {
  /// Joins the ranks' parts of a tensor in order of rank, quantised on the way.
  ///
  /// - Parameters:
  ///   - output: `[n]`, f32, bf16 or f16, receives the parts at ``QuantizedGather/wait()``.
  ///   - input: `[n / N]` of the same or another such dtype, this rank's part; it may be its place in `output`.
  ///   - format: how the parts are quantised.
  ///   - label: what is gathered, for messages; the same on all ranks.
  /// - Throws: `CollectiveError`.
  /// - Complexity: Sends (N-1) n / N bytes and the scales, a half of bf16's.
  public func allGatherQuantized(
    into output: Tensor, from input: Tensor, format: BlockFormat = .weights, label: String = ""
  ) throws(CollectiveError) -> QuantizedGather {
    try allGatherQuantized(into: [output], from: [input], format: format, label: label)
  }

  /// Joins the ranks' parts of several tensors in one message, each quantised by itself: to the same values as one
  /// by one.
  ///
  /// - Parameters:
  ///   - outputs: each `[n]`, f32, bf16 or f16, receives the parts at ``QuantizedGather/wait()``.
  ///   - inputs: this rank's part of each, `[n / N]`.
  ///   - format: how the parts are quantised.
  ///   - label: what is gathered, for messages; the same on all ranks.
  /// - Throws: `CollectiveError`.
  public func allGatherQuantized(
    into outputs: [Tensor], from inputs: [Tensor], format: BlockFormat = .weights, label: String = ""
  ) throws(CollectiveError) -> QuantizedGather {
    let counts = try outputs.map { output throws(CollectiveError) in
      _ = try BlockFormat.kernelDType(of: output)
      return try parts(nil, of: output.elementCount, .allGather, "the output")[rank]
    }
    guard inputs.map(\.elementCount) == counts else {
      throw .invalidArgument(
        operation: CollectiveOperation.allGather.rawValue,
        reason: "parts of \(inputs.map(\.elementCount)) elements, expected \(counts): the outputs' divided by \(size)")
    }
    let blocks = try format.blocks(of: inputs)
    let gathered = try BlockFormat.memory(blocks.byteCount * size)
    let work = try allGather(into: gathered, from: blocks, label: label)
    return QuantizedGather(work: work, gathered: gathered, outputs: outputs, format: format, partCount: size)
  }
}
