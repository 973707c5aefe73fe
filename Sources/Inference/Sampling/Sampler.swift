/// Chooses tokens from logits. The same seed, options and logits give the same tokens on every machine.
public struct Sampler {
  /// How tokens are chosen.
  public let options: SamplingOptions
  private var random: SplitMix64

  /// A sampler that starts at the options' seed.
  public init(options: SamplingOptions) {
    self.options = options
    random = SplitMix64(state: options.seed)
  }

  /// The next token.
  ///
  /// - Parameters:
  ///   - logits: one value for each token of the vocabulary, `[V]`.
  ///   - previous: the tokens so far, for the repetition penalty.
  /// - Complexity: O(V) when greedy, O(V log V) at most otherwise.
  public mutating func next(logits: [Float], previous: [Int]) -> Int {
    precondition(!logits.isEmpty, "sampling needs the logits of at least one token")
    let adjusted = penalised(logits, previous: previous)
    guard options.temperature > 0 else { return Sampler.mostLikely(adjusted) }
    let candidates = candidates(of: adjusted)
    let total = candidates.reduce(0) { $0 + $1.weight }
    var left = random.nextUnit() * total
    for candidate in candidates {
      left -= candidate.weight
      if left < 0 { return candidate.token }
    }
    return candidates[candidates.count - 1].token
  }

  private func penalised(_ logits: [Float], previous: [Int]) -> [Float] {
    guard options.repetitionPenalty != 1 else { return logits }
    var logits = logits
    let penalty = Float(options.repetitionPenalty)
    for token in Set(previous) where logits.indices.contains(token) {
      logits[token] = logits[token] > 0 ? logits[token] / penalty : logits[token] * penalty
    }
    return logits
  }

  /// The tokens that top-k and top-p leave, most likely first, with unnormalised probabilities.
  private func candidates(of logits: [Float]) -> [(token: Int, weight: Double)] {
    let highest = Double(logits.max() ?? 0)
    let weights = logits.map { exponential((Double($0) - highest) / options.temperature) }
    guard options.topK > 0 || options.topP < 1 else {
      return weights.enumerated().map { (token: $0.offset, weight: $0.element) }
    }
    var order = weights.indices.sorted { weights[$0] != weights[$1] ? weights[$0] > weights[$1] : $0 < $1 }
    if options.topK > 0 { order = Array(order.prefix(options.topK)) }
    let limit = order.reduce(0) { $0 + weights[$1] } * options.topP
    var kept: [(token: Int, weight: Double)] = []
    var sum = 0.0
    for token in order {
      kept.append((token, weights[token]))
      sum += weights[token]
      if sum >= limit { break }
    }
    return kept
  }

  static func mostLikely(_ logits: [Float]) -> Int {
    var best = 0
    for index in logits.indices where logits[index] > logits[best] { best = index }
    return best
  }
}
