public import Torch

/// A mean over tokens, with the number of tokens that it is the mean of, so that several can be joined
/// rightly.
public struct TokenLoss {
  /// The mean loss per counted token, a float32 scalar that can be differentiated; 0 when no token counts.
  public let mean: Tensor
  /// The tokens that count: those whose label is not ``CrossEntropy/ignoredLabel``.
  public let tokenCount: Int

  /// A loss with these values.
  public init(mean: Tensor, tokenCount: Int) {
    self.mean = mean
    self.tokenCount = tokenCount
  }
}

/// `-log softmax(logits)[label]`, averaged over the tokens that count.
public enum CrossEntropy {
  /// The label of tokens that do not count.
  public static let ignoredLabel = -100

  /// The mean over the counted tokens, computed in float32.
  ///
  /// - Parameters:
  ///   - logits: `[..., V]`, any floating dtype
  ///   - labels: `[...]`, int64, each 0 ..< V or ``ignoredLabel``
  /// - Throws: ``LossError`` for shapes and labels that do not fit, `TorchError`.
  public static func apply(logits: Tensor, labels: Tensor) throws -> TokenLoss {
    let vocabularySize = logits.size(-1)
    let flat = try Labels(
      labels, vocabularySize: vocabularySize, positionShape: Array(logits.shape.dropLast()))
    let rows = try logits.reshape([flat.values.elementCount, vocabularySize])
    guard flat.count > 0 else {
      return TokenLoss(mean: try rows.sum(dtype: .float32).mul(0), tokenCount: 0)
    }
    let loss = try rows.to(.float32).crossEntropyLoss(flat.values, ignoreIndex: ignoredLabel)
    return TokenLoss(mean: loss, tokenCount: flat.count)
  }
}

/// Labels that were checked: each counts and is in range, or is ignored.
struct Labels {
  /// `[N]`, int64.
  let values: Tensor
  /// The number of those that count.
  let count: Int

  init(_ labels: Tensor, vocabularySize: Int, positionShape: [Int]) throws {
    guard labels.shape == positionShape else {
      throw LossError.labelShape(expected: positionShape, found: labels.shape)
    }
    values = try labels.reshape([labels.elementCount]).to(.int64)
    guard values.elementCount > 0 else {
      count = 0
      return
    }
    let isCounted = try values.ne(CrossEntropy.ignoredLabel)
    count = try isCounted.sum().itemInt()
    let isInRange = try values.ge(0).logicalAnd(values.lt(vocabularySize))
    let isWrong = try isCounted.logicalAnd(isInRange.logicalNot())
    if try isWrong.any().itemInt() != 0 {
      let first = try values.maskedSelect(isWrong).select(dim: 0, index: 0).itemInt()
      throw LossError.labelOutOfRange(first, vocabularySize: vocabularySize)
    }
  }
}

/// What can be wrong with the arguments of a loss.
public enum LossError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Labels and predictions are not of the same positions.
  case labelShape(expected: [Int], found: [Int])
  /// A label that is no entry of the vocabulary.
  case labelOutOfRange(Int, vocabularySize: Int)
  /// The gradients were handed on already.
  case secondBackward

  /// One line: what, expected, found.
  public var description: String {
    switch self {
    case .labelShape(let expected, let found):
      return "labels have shape \(found), the predictions are of positions \(expected)"
    case .labelOutOfRange(let label, let vocabularySize):
      return "label \(label) is not in 0 ..< \(vocabularySize) and not \(CrossEntropy.ignoredLabel): "
        + "were the tokens made with another tokenizer?"
    case .secondBackward:
      return
        "backward ran twice through one linear cross-entropy, which keeps its gradients for one pass only: "
        + "compute the loss again"
    }
  }
}
