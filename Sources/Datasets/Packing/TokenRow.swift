/// One row of a batch: the tokens that go in and, place by place, the token that should come out.
public struct TokenRow: Sendable, Equatable {
  /// The label of places that are not learnt.
  public static let ignoredLabel: Int32 = -100

  /// The inputs `[T]`.
  public var tokens: [Int32]
  /// The targets `[T]`: `labels[t]` is what follows `tokens[t]`, or -100 where nothing is learnt.
  public var labels: [Int32]

  /// A row of inputs and targets.
  public init(tokens: [Int32], labels: [Int32]) {
    precondition(tokens.count == labels.count, "\(tokens.count) tokens, \(labels.count) labels")
    self.tokens = tokens
    self.labels = labels
  }

  /// The row of `T` inputs out of `T + 1` consecutive tokens.
  ///
  /// - Parameters:
  ///   - sequence: the tokens.
  ///   - loss: for each token whether predicting it is learnt; empty if all are.
  init(predicting sequence: [Int32], loss: [UInt8] = []) {
    tokens = Array(sequence.dropLast())
    labels = Array(sequence.dropFirst())
    for place in labels.indices where !loss.isEmpty && loss[place + 1] == 0 {
      labels[place] = Self.ignoredLabel
    }
  }

  /// The number of places that are learnt.
  public var lossTokenCount: Int {
    labels.count { $0 != Self.ignoredLabel }
  }
}
