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
  fileprivate final class Errors {
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

  /// A tensor that is to be reduced.
  public struct Item {
    /// Receives this rank's piece.
    public let output: Tensor
    /// The whole tensor.
    public let input: Tensor
    /// Names the tensor.
    public let name: String

    /// - Parameters:
    ///   - output: `[k]` with k = ``QuantizedReduction/pieceLength(of:)`` of n, f32, bf16 or f16; receives this rank's
    ///     piece at the end, zeros behind the tensor's last element.
    ///   - input: `[n]`, the same on all ranks but for its values; it is not needed any more when the reduction has
    ///     begun.
    ///   - name: names the tensor, for its errors and for messages; the same on all ranks.
    public init(output: Tensor, input: Tensor, name: String) {
      self.output = output
      self.input = input
      self.name = name
    }
  }

  /// The place of a tensor in messages: they hold the pieces of all tensors for one rank after another.
  fileprivate struct Part {
    let output: Tensor
    let errors: Errors?
    /// Where the tensor's blocks begin behind the piece's first byte.
    let start: Int
    let length: Int
  }

  /// Begins the reduction of one tensor.
  ///
  /// - Parameters:
  ///   - output: as ``Item``'s.
  ///   - input: as ``Item``'s.
  ///   - isMean: divide by the number of ranks.
  ///   - name: as ``Item``'s.
  /// - Throws: `CollectiveError`.
  public func begin(
    into output: Tensor, from input: Tensor, isMean: Bool = false, name: String
  ) throws(CollectiveError) -> Hops {
    try begin([Item(output: output, input: input, name: name)], isMean: isMean)
  }

  /// Begins the reduction of tensors that travel together, each quantised by itself: to the same values as one by
  /// one. The first hop is under way when this returns.
  ///
  /// - Parameters:
  ///   - items: the tensors, in the same order on all ranks.
  ///   - isMean: divide by the number of ranks.
  /// - Throws: `CollectiveError`.
  /// - Complexity: Sends (g-1)/g n/2 bytes inside a row of g, and (q-1)/q n/(2 g) between q rows, plus scales.
  public func begin(_ items: [Item], isMean: Bool = false) throws(CollectiveError) -> Hops {
    var parts: [Part] = []
    var stride = 0
    for item in items {
      let length = pieceLength(of: item.input.elementCount)
      _ = try (BlockFormat.kernelDType(of: item.input), BlockFormat.kernelDType(of: item.output))
      guard item.output.elementCount == length else {
        throw .invalidArgument(
          operation: CollectiveOperation.reduceScatter.rawValue,
          reason: "\(item.output.elementCount) elements for a piece of \(length) of '\(item.name)'")
      }
      let errors = try errors(of: item.name, pieceLength: length)
      parts.append(Part(output: item.output, errors: errors, start: stride, length: length))
      stride += format.byteCount(of: length)
    }
    let (rows, columns) = (groups.grid.rows, groups.row.size)
    let sent = try BlockFormat.bytes(stride * groups.whole.size)
    for column in 0..<columns {
      for row in rows.indices {
        let place = column * rows.count + row
        for (item, part) in zip(items, parts) {
          try quantize(
            item.input, piece: rows[row][column], length: part.length,
            to: BlockFormat.address(of: sent).map { $0 + place * stride + part.start },
            feedback: piece(place, of: part.errors?.first, length: part.length))
        }
      }
    }
    let received = try BlockFormat.memory(sent.byteCount)
    let first = items.first?.name ?? ""
    let label = items.count > 1 ? "\(first) to \(items.last?.name ?? first)" : first
    let work = try groups.row.allToAll(into: received, from: sent, label: label)
    return Hops(
      reduction: self, parts: parts, stride: stride, isMean: isMean, label: label, sent: sent, received: received,
      work: work)
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
    _ input: Tensor, piece: Int, length: Int, to blocks: UnsafeMutableRawPointer?,
    feedback: BlockFormat.Feedback?
  ) throws(CollectiveError) {
    let dtype = try BlockFormat.kernelDType(of: input)
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
  /// The two hops of one reduction. They are driven by their owner: ``advance()`` now and then, on all ranks in the
  /// order in which the reductions began, and ``wait()``.
  public final class Hops {
    private let reduction: QuantizedReduction
    private let parts: [Part]
    /// Bytes of the pieces of all tensors for one rank.
    private let stride: Int
    private let isMean: Bool
    private let label: String
    private var sent: Tensor
    private var received: Tensor
    private var work: Work
    private var hop = 1

    fileprivate init(
      reduction: QuantizedReduction, parts: [Part], stride: Int, isMean: Bool, label: String, sent: Tensor,
      received: Tensor, work: Work
    ) {
      self.reduction = reduction
      self.parts = parts
      self.stride = stride
      self.isMean = isMean
      self.label = label
      self.sent = sent
      self.received = received
      self.work = work
    }

    /// Starts the second hop if the first has ended, and never waits.
    ///
    /// - Returns: Whether the second hop is under way, or over.
    /// - Throws: `CollectiveError`.
    public func advance() throws(CollectiveError) -> Bool {
      if hop == 1 && work.isCompleted { try startSecondHop() }
      return hop > 1
    }

    /// Waits for the first hop, sums what came and sends it on; nothing if that has been done.
    ///
    /// - Throws: `CollectiveError`.
    public func startSecondHop() throws(CollectiveError) {
      guard hop == 1 else { return }
      try work.wait()
      let (format, groups) = (reduction.format, reduction.groups)
      let rowCount = groups.grid.rows.count
      let sums = try BlockFormat.bytes(stride * rowCount)
      for row in 0..<rowCount {
        for part in parts {
          let copies = (0..<groups.row.size).map { mate in
            BlockFormat.address(of: received).map { $0 + (mate * rowCount + row) * stride + part.start }
          }
          format.write(
            sumOf: copies, factor: isMean ? 1 / Double(groups.row.size) : 1, count: part.length,
            to: BlockFormat.address(of: sums).map { $0 + row * stride + part.start },
            feedback: reduction.piece(row, of: part.errors?.second, length: part.length))
        }
      }
      sent = sums
      received = try BlockFormat.memory(sums.byteCount)
      work = try groups.column.allToAll(into: received, from: sums, label: label)
      hop = 2
    }

    /// Waits for both hops and writes the outputs.
    ///
    /// - Throws: `CollectiveError`.
    public func wait() throws(CollectiveError) {
      try startSecondHop()
      guard hop == 2 else { return }
      try work.wait()
      let rowCount = reduction.groups.grid.rows.count
      for part in parts {
        reduction.format.sum(
          (0..<rowCount).map { row in BlockFormat.address(of: received).map { $0 + row * stride + part.start } },
          count: part.length, to: BlockFormat.address(of: part.output),
          try BlockFormat.kernelDType(of: part.output), factor: isMean ? 1 / Double(rowCount) : 1)
      }
      withExtendedLifetime((received, parts)) {}
      hop = 3
    }
  }
}
