public import Torch

/// An all-gather of quantised parts under way: qwZ (arXiv 2306.10209, section 3.1).
///
/// Every rank also takes its own part from the quantised form, so that all compute with the same numbers.
public final class QuantizedGather {
  private let work: Work
  private let gathered: Tensor
  private let output: Tensor
  private let format: BlockFormat
  private let partCount: Int
  private var isDone = false

  init(work: Work, gathered: Tensor, output: Tensor, format: BlockFormat, partCount: Int) {
    self.work = work
    self.gathered = gathered
    self.output = output
    self.format = format
    self.partCount = partCount
  }

  /// Waits for all parts and writes them where they belong.
  ///
  /// - Throws: `CollectiveError`.
  public func wait() throws(CollectiveError) {
    if isDone { return }
    try work.wait()
    let dtype = try BlockFormat.kernelDType(of: output)
    let count = output.elementCount / partCount
    let bytes = format.byteCount(of: count)
    for part in 0..<partCount {
      format.sum(
        [BlockFormat.address(of: gathered).map { $0 + part * bytes }], count: count,
        to: BlockFormat.address(of: output).map { $0 + part * count * output.dtype.byteCount }, dtype, factor: 1)
    }
    withExtendedLifetime((gathered, output)) {}
    isDone = true
  }
}

extension ProcessGroup {
  /// Joins the ranks' parts in order of rank, quantised on the way.
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
    try allGatherQuantized(into: output, blocks: try format.blocks(of: input), format: format, label: label)
  }

  /// Joins parts that are kept as blocks.
  ///
  /// - Parameters:
  ///   - output: `[n]`, f32, bf16 or f16, receives the parts at ``QuantizedGather/wait()``.
  ///   - blocks: the blocks of this rank's `n / N` elements.
  ///   - format: how they are quantised.
  ///   - label: what is gathered, for messages; the same on all ranks.
  /// - Throws: `CollectiveError`.
  public func allGatherQuantized(
    into output: Tensor, blocks: Tensor, format: BlockFormat = .weights, label: String = ""
  ) throws(CollectiveError) -> QuantizedGather {
    _ = try BlockFormat.kernelDType(of: output)
    let count = try parts(nil, of: output.elementCount, .allGather, "the output")[rank]
    guard blocks.dtype == .uint8, blocks.byteCount == format.byteCount(of: count) else {
      throw .invalidArgument(
        operation: CollectiveOperation.allGather.rawValue,
        reason: "\(blocks.byteCount) bytes of \(blocks.dtype.name) are not the blocks of \(count) elements")
    }
    let gathered = try BlockFormat.bytes(blocks.byteCount * size)
    let work = try allGather(into: gathered, from: blocks, label: label)
    return QuantizedGather(work: work, gathered: gathered, output: output, format: format, partCount: size)
  }
}
