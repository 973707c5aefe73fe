internal import CKernels
public import Torch

/// Reduce-scatters of quantised gradients in two hops: qgZ (arXiv 2306.10209, section 3.3).
///
/// Pieces are quantised straight into the order in which they are sent. Along the row every rank receives the copies
/// of the pieces of its column, sums them in f32 and quantises the sums again; along the column every rank receives
/// the sums of its own piece. So a gradient is quantised twice, however many ranks there are, where a ring would
/// quantise it once a rank. A tensor of any length takes part: what is missing to equal pieces counts as zero.
///
/// With error feedback (LoCo, arXiv 2407.04480) each quantisation adds what earlier ones of the same tensor lost.
public final class QuantizedReduction {
  /// `zeropp_loco_param`.
  public struct ErrorFeedback: Sendable, Hashable {
    /// `err_beta`: the share of the old error that stays.
    public var beta: Double
    /// `reset_T`: errors are forgotten after so many reductions of a tensor.
    public var resetInterval: Int

    /// Feedback with DeepSpeed's defaults.
    public init(beta: Double = 0.8, resetInterval: Int = 1024) {
      self.beta = beta
      self.resetInterval = resetInterval
    }
  }

  /// What the quantisations of one tensor have lost, for each piece of each hop.
  private final class Errors {
    let first: Tensor
    let second: Tensor
    let pieceLength: Int
    var reductionCount = 0

    init(first: Tensor, second: Tensor, pieceLength: Int) {
      self.first = first
      self.second = second
      self.pieceLength = pieceLength
    }
  }

  let groups: GridGroups
  let format: BlockFormat
  private let feedback: ErrorFeedback?
  private var errors: [String: Errors] = [:]

  /// Reductions over a grid whose rows are hosts.
  public init(groups: GridGroups, format: BlockFormat = .gradients, feedback: ErrorFeedback? = nil) {
    self.groups = groups
    self.format = format
    self.feedback = feedback
  }

  /// Elements of a rank's piece of a tensor of `count` elements.
  public func pieceLength(of count: Int) -> Int { (count + groups.whole.size - 1) / groups.whole.size }

  /// Begins a reduction: the first hop is under way when this returns.
  ///
  /// - Parameters:
  ///   - output: `[k]` with k = ``pieceLength(of:)`` of n, f32, bf16 or f16; receives this rank's piece at the end,
  ///     zeros behind the tensor's last element.
  ///   - input: `[n]`, the same on all ranks but for its values; it is not needed any more when this returns.
  ///   - isMean: divide by the number of ranks.
  ///   - name: names the tensor, for its errors and for messages; the same on all ranks.
  /// - Throws: `CollectiveError`.
  /// - Complexity: Sends (g-1)/g n/2 bytes inside a row of g, and (q-1)/q n/(2 g) between q rows, plus scales.
  public func begin(
    into output: Tensor, from input: Tensor, isMean: Bool = false, name: String
  ) throws(CollectiveError) -> Hops {
    let dtype = try BlockFormat.kernelDType(of: input)
    _ = try BlockFormat.kernelDType(of: output)
    let length = pieceLength(of: input.elementCount)
    guard output.elementCount == length else {
      throw .invalidArgument(
        operation: CollectiveOperation.reduceScatter.rawValue,
        reason: "\(output.elementCount) elements for a piece of \(length)")
    }
    let errors = try errors(of: name, pieceLength: length)
    let (rows, columns) = (groups.grid.rows, groups.row.size)
    let bytes = format.byteCount(of: length)
    let sent = try BlockFormat.bytes(bytes * groups.whole.size)
    for column in 0..<columns {
      for row in rows.indices {
        let place = column * rows.count + row
        try quantize(
          input, dtype, piece: rows[row][column], length: length,
          to: BlockFormat.address(of: sent).map { $0 + place * bytes },
          feedback: piece(place, of: errors?.first, length: length))
      }
    }
    let received = try BlockFormat.bytes(sent.byteCount)
    let work = try groups.row.allToAll(into: received, from: sent, label: name)
    return Hops(
      reduction: self, output: output, isMean: isMean, name: name, errors: errors?.second, sent: sent,
      received: received, work: work)
  }

  /// Forgets all errors: after an overflow they are those of gradients that were thrown away.
  public func forgetErrors() { errors = [:] }

  /// Multiplies all errors: after the loss scale has changed by this factor.
  public func scaleErrors(by factor: Double) {
    for entry in errors.values {
      for tensor in [entry.first, entry.second] {
        let bytes = format.errorFormat.byteCount(of: entry.pieceLength)
        for offset in stride(from: 0, to: tensor.byteCount, by: bytes) {
          format.errorFormat.scale(
            BlockFormat.address(of: tensor).map { $0 + offset }, count: entry.pieceLength, by: factor)
        }
      }
    }
  }

  /// Bytes that the errors take.
  public var errorByteCount: Int { errors.values.reduce(0) { $0 + $1.first.byteCount + $1.second.byteCount } }

  private func errors(of name: String, pieceLength length: Int) throws(CollectiveError) -> Errors? {
    guard let feedback else { return nil }
    if let known = errors[name], known.pieceLength == length {
      known.reductionCount += 1
      if known.reductionCount <= feedback.resetInterval { return known }
    }
    let bytes = format.errorFormat.byteCount(of: length)
    let fresh = Errors(
      first: try BlockFormat.bytes(bytes * groups.whole.size),
      second: try BlockFormat.bytes(bytes * groups.grid.rows.count), pieceLength: length)
    errors[name] = fresh
    return fresh
  }

  /// The errors of one piece.
  fileprivate func piece(_ index: Int, of errors: Tensor?, length: Int) -> BlockFormat.Feedback? {
    guard let feedback, let errors else { return nil }
    let offset = index * format.errorFormat.byteCount(of: length)
    return BlockFormat.Feedback(errors: BlockFormat.address(of: errors).map { $0 + offset }, beta: feedback.beta)
  }

  /// Quantises a piece of a tensor, with zeros for what lies behind its end.
  private func quantize(
    _ input: Tensor, _ dtype: ck_dtype, piece: Int, length: Int, to blocks: UnsafeMutableRawPointer?,
    feedback: BlockFormat.Feedback?
  ) throws(CollectiveError) {
    let width = input.dtype.byteCount
    let begin = piece * length
    let available = Swift.max(0, Swift.min(length, input.elementCount - begin))
    let source = BlockFormat.address(of: input).map { $0 + begin * width }
    if available == length {
      format.write(source, dtype, count: length, to: blocks, feedback: feedback)
      return
    }
    let padded = try BlockFormat.bytes(length * width)
    if available > 0, let source {
      padded.withUnsafeMutableBytes { $0.copyMemory(from: UnsafeRawBufferPointer(start: source, count: available * width)) }
    }
    format.write(BlockFormat.address(of: padded), dtype, count: length, to: blocks, feedback: feedback)
    withExtendedLifetime(padded) {}
  }
}

extension QuantizedReduction {
  /// The two hops of one reduction. They are driven by their owner: ``startSecondHop()`` as soon as there is nothing
  /// better to do, on all ranks in the same order, and ``wait()``.
  public final class Hops {
    private let reduction: QuantizedReduction
    private let output: Tensor
    private let isMean: Bool
    private let name: String
    private let errors: Tensor?
    private var sent: Tensor
    private var received: Tensor
    private var work: Work
    private var hop = 1

    fileprivate init(
      reduction: QuantizedReduction, output: Tensor, isMean: Bool, name: String, errors: Tensor?, sent: Tensor,
      received: Tensor, work: Work
    ) {
      self.reduction = reduction
      self.output = output
      self.isMean = isMean
      self.name = name
      self.errors = errors
      self.sent = sent
      self.received = received
      self.work = work
    }

    /// Waits for the first hop, sums what came and sends it on; nothing if that has been done.
    ///
    /// - Throws: `CollectiveError`.
    public func startSecondHop() throws(CollectiveError) {
      guard hop == 1 else { return }
      try work.wait()
      let (format, groups) = (reduction.format, reduction.groups)
      let rowCount = groups.grid.rows.count
      let length = output.elementCount
      let bytes = format.byteCount(of: length)
      let sums = try BlockFormat.bytes(bytes * rowCount)
      for row in 0..<rowCount {
        let copies = (0..<groups.row.size).map { mate in
          BlockFormat.address(of: received).map { $0 + (mate * rowCount + row) * bytes }
        }
        format.write(
          sumOf: copies, factor: isMean ? 1 / Double(groups.row.size) : 1, count: length,
          to: BlockFormat.address(of: sums).map { $0 + row * bytes },
          feedback: reduction.piece(row, of: errors, length: length))
      }
      sent = sums
      received = try BlockFormat.bytes(sums.byteCount)
      work = try groups.column.allToAll(into: received, from: sums, label: name)
      hop = 2
    }

    /// Waits for both hops and writes the output.
    ///
    /// - Throws: `CollectiveError`.
    public func wait() throws(CollectiveError) {
      try startSecondHop()
      guard hop == 2 else { return }
      try work.wait()
      let rowCount = reduction.groups.grid.rows.count
      let bytes = received.byteCount / rowCount
      reduction.format.sum(
        (0..<rowCount).map { row in BlockFormat.address(of: received).map { $0 + row * bytes } },
        count: output.elementCount, to: BlockFormat.address(of: output),
        try BlockFormat.kernelDType(of: output), factor: isMean ? 1 / Double(rowCount) : 1)
      withExtendedLifetime((received, output)) {}
      hop = 3
    }
  }
}
