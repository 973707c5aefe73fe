public import Torch

// Shape letters: N positions, D hidden size, V vocabulary, n positions of one chunk.

/// The cross-entropy of `softmax(h W^T)` without ever holding all logits: positions are taken in chunks, and
/// each chunk's gradient is formed from its logits while they are there, so that nothing is computed twice.
///
/// A chunk costs three matrix products (`h W^T`, `g W`, `g^T h`), as the plain form does. Softmax and loss
/// are in float32; products and their results are in the dtype of the weight. The weight's gradient is summed
/// over chunks in float32 for float16, whose range is small, and in the weight's dtype otherwise. Positions
/// whose label is ignored cost nothing.
///
/// - Source: the chunked form is that of Hsu et al., "Liger kernel", 2024, arXiv:2410.10989, section 3.2.
public enum LinearCrossEntropy {
  /// The bytes that one chunk's logits may take.
  public static let defaultChunkBytes = 32 << 20

  /// The mean loss over the positions that count.
  ///
  /// - Parameters:
  ///   - hidden: `[..., D]`
  ///   - weight: `W [V, D]`, of the same dtype
  ///   - labels: `[...]`, int64, each 0 ..< V or ``CrossEntropy/ignoredLabel``
  ///   - chunkBytes: the bytes that one chunk's logits may take
  /// - Throws: ``LossError`` for shapes and labels that do not fit, `TorchError`.
  /// - Complexity: `6 N V D` operations with gradients, `2 N V D` without; memory for the gradients of hidden
  ///   states and weight and for one chunk of logits.
  public static func apply(
    hidden: Tensor, weight: Tensor, labels: Tensor, chunkBytes: Int = defaultChunkBytes
  ) throws -> TokenLoss {
    let checked = try Labels(
      labels, vocabularySize: weight.size(0), positionShape: Array(hidden.shape.dropLast()))
    guard checked.count > 0 else {
      return TokenLoss(mean: try hidden.sum(dtype: .float32).mul(0), tokenCount: 0)
    }
    let pass = ChunkedPass(
      labels: checked, chunkBytes: chunkBytes, needsHidden: isRecordingGradients && hidden.requiresGradient,
      needsWeight: isRecordingGradients && weight.requiresGradient)
    let loss = try CustomFunction.apply([hidden, weight], name: "linear_cross_entropy") { inputs in
      [try pass.forward(hidden: inputs[0], weight: inputs[1])]
    } backward: { gradients in
      try pass.backward(upstream: gradients[0])
    }[0]
    return TokenLoss(mean: loss, tokenCount: checked.count)
  }
}

/// One forward pass over all chunks, and the gradients that it leaves for the backward pass.
private final class ChunkedPass {
  private let labels: Labels
  private let chunkBytes: Int
  private let needsHidden: Bool
  private let needsWeight: Bool
  private var gradients: ChunkGradients?

  init(labels: Labels, chunkBytes: Int, needsHidden: Bool, needsWeight: Bool) {
    self.labels = labels
    self.chunkBytes = chunkBytes
    self.needsHidden = needsHidden
    self.needsWeight = needsWeight
  }

  func forward(hidden: Tensor, weight: Tensor) throws -> Tensor {
    let counted = try CountedRows(labels)
    let positions = try hidden.reshape([labels.values.elementCount, hidden.size(-1)])  // [N, D]
    let rows = try counted.selected(positions)
    let targets = try counted.selected(labels.values)
    let sums = try ChunkGradients(
      rows: rows, weight: weight, needsHidden: needsHidden, needsWeight: needsWeight)
    let total = try Tensor.zeros([], dtype: .float32, device: hidden.device)
    for chunk in chunks(weight: weight) {
      let part = try rows.narrow(dim: 0, start: chunk.lowerBound, length: chunk.count)  // [n, D]
      let target = try targets.narrow(dim: 0, start: chunk.lowerBound, length: chunk.count)  // [n]
      let logits = try LinearProduct.apply(part, weight: weight)  // [n, V]
      let isForwardOnly = !needsHidden && !needsWeight
      let scale = isForwardOnly ? 0 : sums.early
      try total.addInPlace(try SoftmaxCrossEntropy.apply(replacing: logits, target, scale: scale))
      if !isForwardOnly { try sums.add(logits, part, weight, at: chunk.lowerBound) }
    }
    try sums.restoreHidden(shape: hidden.shape, counted)
    gradients = sums
    return try total.divInPlace(Double(labels.count))
  }

  /// The gradients times the loss's own gradient. They are handed on, not kept, so that autograd takes them
  /// over without a copy.
  func backward(upstream: Tensor?) throws -> [Tensor?] {
    guard let upstream else { return [nil, nil] }
    guard let gradients else { throw LossError.secondBackward }
    self.gradients = nil
    return try gradients.finished(upstream: try upstream.item())
  }

  /// Ranges of rows, nearly equal in size; at least two of them when the logits are more than a trifle. Large
  /// ones are whole tiles: products of other sizes are up to a third slower.
  private func chunks(weight: Tensor) -> [Range<Int>] {
    let rowBytes = max(1, weight.size(0) * weight.dtype.byteCount)
    let tile = ProductTile.length
    let fitting = chunkBytes / rowBytes
    let limit = fitting < tile ? max(16, fitting) : fitting / tile * tile
    let least = labels.count * rowBytes > 1 << 20 ? 2 : 1
    let count = max((labels.count + limit - 1) / limit, least)
    let even = (labels.count + count - 1) / count
    let rows = even < tile ? even : (even + tile - 1) / tile * tile
    return stride(from: 0, to: labels.count, by: rows).map { $0..<min($0 + rows, labels.count) }
  }
}

/// The sizes of matrices that products are fast for.
private enum ProductTile {
  /// Rows and columns in whole multiples of this fill the registers of every kernel.
  static let length = 64
}

/// The rows whose label counts.
private struct CountedRows {
  /// Their indices; nil when all count.
  private let indices: Tensor?
  private let rowCount: Int

  init(_ labels: Labels) throws {
    rowCount = labels.values.elementCount
    indices =
      labels.count == rowCount
      ? nil : try labels.values.ne(CrossEntropy.ignoredLabel).nonzero().reshape([labels.count])
  }

  func selected(_ tensor: Tensor) throws -> Tensor {
    try indices.map { try tensor.indexSelect(dim: 0, index: $0) } ?? tensor
  }

  /// The rows at their old places, zeros between them.
  func restored(_ rows: Tensor) throws -> Tensor {
    guard let indices else { return rows }
    return try Tensor.zeros([rowCount, rows.size(1)], dtype: rows.dtype, device: rows.device)
      .indexCopyInPlace(dim: 0, index: indices, source: rows)
  }
}

/// The sums of the chunks' gradients.
private final class ChunkGradients {
  private var hidden: Tensor?
  private var weight: Tensor?
  private let weightDType: DType
  /// What the gradient of logits is multiplied by at once, and what is left for the end. float16 would lose
  /// small values if the mean were taken before the loss scale comes in.
  let early: Double
  private let late: Double
  private var isFirst = true

  init(rows: Tensor, weight: Tensor, needsHidden: Bool, needsWeight: Bool) throws {
    let mean = 1 / Double(rows.size(0))
    let isNarrow = weight.dtype == .float16
    weightDType = weight.dtype
    (early, late) = isNarrow ? (1, mean) : (mean, 1)
    if needsHidden { hidden = try Tensor.empty(rows.shape, dtype: rows.dtype, device: rows.device) }
    if needsWeight {
      self.weight = try Tensor.empty(
        weight.shape, dtype: isNarrow ? .float32 : weight.dtype, device: weight.device)
    }
  }

  /// Adds what one chunk contributes: `g W` are rows of the hidden gradient, `g^T h` is a part of the
  /// weight's.
  func add(_ gradLogits: Tensor, _ rows: Tensor, _ matrix: Tensor, at start: Int) throws {
    if let hidden {
      try hidden.narrow(dim: 0, start: start, length: rows.size(0))
        .copyInPlace(LinearProduct.apply(gradLogits, weight: matrix.t()))
    }
    guard let weight else { return }
    // A vocabulary of an odd size would slow down the whole product, so its odd end is one of its own.
    let vocabularySize = weight.size(0)
    let whole = vocabularySize / ProductTile.length * ProductTile.length
    for columns in [0..<whole, whole..<vocabularySize] where !columns.isEmpty {
      try addWeight(gradLogits, rows, to: weight, columns)
    }
    isFirst = false
  }

  private func addWeight(_ gradLogits: Tensor, _ rows: Tensor, to weight: Tensor, _ columns: Range<Int>) throws {
    let sum = try weight.narrow(dim: 0, start: columns.lowerBound, length: columns.count)
    let gradient = try gradLogits.narrow(dim: 1, start: columns.lowerBound, length: columns.count).t()
    if sum.dtype == gradient.dtype {
      try sum.addmmInPlace(gradient, rows, beta: isFirst ? 0.0 : 1.0)
    } else {
      let product = try gradient.mm(rows)
      _ = try isFirst ? sum.copyInPlace(product) : sum.addInPlace(product)
    }
  }

  func restoreHidden(shape: [Int], _ counted: CountedRows) throws {
    hidden = try hidden.map { try counted.restored($0).view(shape) }
  }

  func finished(upstream: Double) throws -> [Tensor?] {
    let scale = upstream * late
    if scale != 1 {
      try hidden?.mulInPlace(scale)
      try weight?.mulInPlace(scale)
    }
    return [hidden, try weight?.to(weightDType)]
  }
}
