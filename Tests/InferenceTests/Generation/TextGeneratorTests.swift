import Layers
import Models
import Testing
import Tokenizers
import Torch

@testable import Inference

@Suite struct TextGeneratorTests {
  /// One token for each byte, no merges.
  private static let tokenizer = """
    {"version": "1.0", "added_tokens": [], "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false,
     "trim_offsets": true, "use_regex": true}, "decoder": {"type": "ByteLevel"}, "post_processor": null,
     "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "c": 2, "d": 3, "e": 4, "f": 5}, "merges": []}}
    """

  private func generator(ends: Set<Int> = []) throws -> TextGenerator {
    var configuration = LlamaConfiguration(
      vocabularySize: 6, hiddenSize: 16, intermediateSize: 32, layerCount: 2, headCount: 2)
    configuration.maximumLength = 32
    configuration.standardDeviation = 0.5
    let model = LlamaModel(configuration)
    try model.materialize(seed: 9)
    return try TextGenerator(
      model: model, tokenizer: try Tokenizer(json: Array(Self.tokenizer.utf8)), endTokens: ends)
  }

  @Test func `greedy tokens over the cache are those of whole passes`() throws {
    let generator = try generator()
    let completion = try generator.complete(prompt: [0, 3, 1], limit: 10, sampling: try SamplingOptions())
    var tokens = [0, 3, 1]
    try withoutGradients {
      for _ in 0..<10 {
        let batch = try Tensor(tokens.map(Int64.init), shape: [1, tokens.count])
        tokens.append(Sampler.mostLikely(try generator.model.nextTokenLogits(batch).array(of: Float.self)))
      }
    }
    #expect(completion.tokens == Array(tokens[3...]))
    #expect(completion.finishReason == .length && completion.tokens.count == 10)
  }

  @Test func `streamed pieces make up the text`() throws {
    var pieces = ""
    let completion = try generator().complete(
      prompt: [2], limit: 8, sampling: try SamplingOptions(temperature: 1, seed: 4)
    ) { pieces += $0 }
    #expect(pieces == completion.text && completion.text.count == 8)
  }

  @Test func `an end token ends the text and is not part of it`() throws {
    let free = try generator().complete(prompt: [0], limit: 6, sampling: try SamplingOptions())
    let end = free.tokens[3]
    let first = try #require(free.tokens.firstIndex(of: end))
    let stopped = try generator(ends: [end]).complete(prompt: [0], limit: 6, sampling: try SamplingOptions())
    #expect(stopped.tokens == Array(free.tokens[..<first]) && stopped.finishReason == .stop)
  }

  @Test func `prompts that cannot be answered are refused`() throws {
    let generator = try generator()
    let sampling = try SamplingOptions()
    #expect(throws: GenerationError.emptyPrompt) { try generator.complete(prompt: [], limit: 1, sampling: sampling) }
    #expect(throws: GenerationError.noRoom(limit: 0)) { try generator.complete(prompt: [1], limit: 0, sampling: sampling) }
    #expect(throws: GenerationError.promptTooLong(tokens: 32, maximum: 32)) {
      try generator.complete(prompt: Array(repeating: 1, count: 32), limit: 1, sampling: sampling)
    }
    #expect(throws: GenerationError.unknownToken(6, vocabularySize: 6)) {
      try generator.complete(prompt: [6], limit: 1, sampling: sampling)
    }
  }
}
