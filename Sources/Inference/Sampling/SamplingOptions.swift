/// How the next token is chosen from its logits.
public struct SamplingOptions: Sendable, Equatable {
  /// Divides the logits; 0 picks the most likely token always.
  public var temperature: Double
  /// Keeps the smallest set of tokens whose probabilities sum to at least this (Holtzman et al., 2020,
  /// arXiv 1904.09751); 1 keeps all.
  public var topP: Double
  /// Keeps this many of the most likely tokens; 0 keeps all.
  public var topK: Int
  /// Divides positive and multiplies negative logits of tokens that occurred before (Keskar et al., 2019,
  /// arXiv 1909.05858); 1 changes nothing.
  public var repetitionPenalty: Double
  /// The seed of the random choices.
  public var seed: UInt64

  /// Options; the defaults are greedy.
  ///
  /// - Throws: `SamplingError` when a value is outside its range.
  public init(
    temperature: Double = 0, topP: Double = 1, topK: Int = 0, repetitionPenalty: Double = 1, seed: UInt64 = 0
  ) throws(SamplingError) {
    guard temperature >= 0, temperature.isFinite else {
      throw SamplingError(option: "temperature", found: "\(temperature)", expected: "a number of at least 0")
    }
    guard topP > 0, topP <= 1 else {
      throw SamplingError(option: "top_p", found: "\(topP)", expected: "a number above 0 and at most 1")
    }
    guard topK >= 0 else {
      throw SamplingError(option: "top_k", found: "\(topK)", expected: "a whole number of at least 0; 0 keeps all")
    }
    guard repetitionPenalty > 0, repetitionPenalty.isFinite else {
      throw SamplingError(
        option: "repetition_penalty", found: "\(repetitionPenalty)", expected: "a number above 0")
    }
    self.temperature = temperature
    self.topP = topP
    self.topK = topK
    self.repetitionPenalty = repetitionPenalty
    self.seed = seed
  }
}

/// A sampling option outside its range.
public struct SamplingError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The option's name as users write it.
  public let option: String
  /// What was given.
  public let found: String
  /// What is allowed.
  public let expected: String

  /// One line that names the option, the value and the range.
  public var description: String { "\(option) is \(found), expected \(expected)" }
}
