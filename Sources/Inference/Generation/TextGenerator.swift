import Layers
public import Models
public import Tokenizers
import Torch

/// Writes text with a model: one prefill pass over the prompt, then one decode pass a token over a KV cache.
public struct TextGenerator {
  /// The model, in evaluation mode.
  public let model: CausalLanguageModel
  /// The model's own tokenizer, which makes text of the new tokens.
  public let tokenizer: Tokenizer
  /// Tokens that end a text.
  public let endTokens: Set<Int>

  /// A generator; the model is put into evaluation mode.
  ///
  /// - Throws: `ModuleError`.
  public init(model: CausalLanguageModel, tokenizer: Tokenizer, endTokens: Set<Int>) throws {
    self.model = model
    self.tokenizer = tokenizer
    self.endTokens = endTokens
    try model.setTraining(false)
  }

  /// Why a text ended.
  public enum FinishReason: String, Sendable, Equatable {
    /// The model said so.
    case stop
    /// It reached the limit of new tokens or of the model's length.
    case length
  }

  /// A finished text.
  public struct Completion: Sendable, Equatable {
    /// The new text.
    public let text: String
    /// The new tokens, without the one that ended the text.
    public let tokens: [Int]
    /// How many tokens the prompt had, special ones included.
    public let promptTokenCount: Int
    /// Why it ended.
    public let finishReason: FinishReason
    /// Seconds until the first token.
    public let prefillSeconds: Double
    /// Seconds for all further tokens.
    public let decodeSeconds: Double
  }

  /// Continues `prompt`.
  ///
  /// - Parameters:
  ///   - prompt: the tokens so far, at least one.
  ///   - limit: new tokens at most.
  ///   - sampling: how tokens are chosen.
  ///   - onText: receives each piece of text as soon as it is certain.
  /// - Throws: ``GenerationError``, `ModelError`, `CacheError`, `TorchError`, what `onText` throws.
  public func complete(
    prompt: [Int], limit: Int, sampling: SamplingOptions, onText: (String) throws -> Void = { _ in }
  ) throws -> Completion {
    try check(prompt, limit: limit)
    let room = model.shape.maximumLength - prompt.count
    let budget = min(limit, room)
    let clock = ContinuousClock()
    let cache = model.makeCache(maximumLength: prompt.count + budget)
    var sampler = Sampler(options: sampling)
    var stream = tokenizer.makeStream(skipSpecialTokens: true)
    var text = ""
    var tokens: [Int] = []
    var reason = FinishReason.length
    let start = clock.now
    var firstToken = start
    try withoutGradients {
      var input = prompt
      while tokens.count < budget {
        let batch = try Tensor(input.map(Int64.init), shape: [1, input.count])
        let logits = try model.nextTokenLogits(batch, cache: cache).array(of: Float.self)
        let next = sampler.next(logits: logits, previous: prompt + tokens)
        if tokens.isEmpty { firstToken = clock.now }
        if endTokens.contains(next) {
          reason = .stop
          break
        }
        tokens.append(next)
        input = [next]
        let piece = stream.append(next)
        if !piece.isEmpty {
          text += piece
          try onText(piece)
        }
      }
    }
    let rest = stream.finish()
    if !rest.isEmpty {
      text += rest
      try onText(rest)
    }
    return Completion(
      text: text, tokens: tokens, promptTokenCount: prompt.count, finishReason: reason,
      prefillSeconds: seconds(start.duration(to: firstToken)),
      decodeSeconds: seconds(firstToken.duration(to: clock.now)))
  }

  private func check(_ prompt: [Int], limit: Int) throws {
    guard !prompt.isEmpty else { throw GenerationError.emptyPrompt }
    guard limit > 0 else { throw GenerationError.noRoom(limit: limit) }
    guard prompt.count < model.shape.maximumLength else {
      throw GenerationError.promptTooLong(tokens: prompt.count, maximum: model.shape.maximumLength)
    }
    if let stranger = prompt.first(where: { !(0..<model.shape.vocabularySize).contains($0) }) {
      throw GenerationError.unknownToken(stranger, vocabularySize: model.shape.vocabularySize)
    }
  }

  private func seconds(_ duration: Duration) -> Double {
    Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
  }
}

/// Why a text cannot be generated.
public enum GenerationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The prompt has no tokens.
  case emptyPrompt
  /// No new token was asked for.
  case noRoom(limit: Int)
  /// The prompt fills the model's length.
  case promptTooLong(tokens: Int, maximum: Int)
  /// A token that the model does not have: the tokenizer is another model's.
  case unknownToken(Int, vocabularySize: Int)

  /// One line: what, what was expected, what to do.
  public var description: String {
    switch self {
    case .emptyPrompt: "the prompt is empty: give at least one character"
    case .noRoom(let limit): "max_new_tokens is \(limit), expected at least 1"
    case .promptTooLong(let tokens, let maximum):
      "the prompt has \(tokens) tokens, and the model takes \(maximum) with its answer: shorten the prompt"
    case .unknownToken(let token, let size):
      "the prompt has token \(token), and the model knows \(size): the tokenizer belongs to another model"
    }
  }
}
