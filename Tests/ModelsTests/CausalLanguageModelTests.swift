import Checkpoints
import Layers
import Models
import Testing
import Torch

/// Against transformers 5.23.0 with eager attention in float32, on the same weights.
@Suite struct CausalLanguageModelTests {
  @Test("logits equal the reference's within 1e-4", arguments: ModelFixture.names)
  func logits(name: String) throws {
    let fixture = ModelFixture(name: name)
    let model = try fixture.model()
    let found = try withoutGradients { try model.logits(fixture.expected("tokens")) }
    #expect(try largestDifference(found, fixture.expected("logits")) < 1e-4)
  }

  @Test("the loss equals the reference's within 1e-5", arguments: ModelFixture.names)
  func loss(name: String) throws {
    let fixture = ModelFixture(name: name)
    let tokens = try fixture.expected("tokens")
    let loss = try fixture.model().loss(tokens, labels: shiftedLabels(tokens))
    #expect(loss.tokenCount == 2 * (tokens.size(1) - 1))
    #expect(abs(try loss.mean.item() - fixture.expected("loss").item()) < 1e-5)
  }

  // Dynamic scaling is left out: its frequencies change with the length, while cached keys keep theirs.
  @Test(
    "tokens fed in pieces through a cache give the same logits as all at once",
    arguments: ModelFixture.names.filter { $0 != "llama-dynamic" })
  func cache(name: String) throws {
    let fixture = ModelFixture(name: name)
    let model = try fixture.model()
    let tokens = try fixture.expected("tokens")
    try withoutGradients {
      let cache = model.makeCache()
      var pieces: [Tensor] = []
      var start = 0
      for length in [7, 1, 1, 6, 1, 8] {
        let piece = try tokens.narrow(dim: 1, start: start, length: length)
        pieces.append(try model.logits(piece, cache: cache))
        start += length
      }
      #expect(cache.length == tokens.size(1))
      let found = try Tensor.cat(pieces, dim: 1)
      #expect(try largestDifference(found, fixture.expected("logits")) < 1e-4)
    }
  }

  @Test("a cache that was cut back continues as if the rest had never been")
  func truncation() throws {
    let fixture = ModelFixture(name: "llama")
    let model = try fixture.model()
    let tokens = try fixture.expected("tokens")
    try withoutGradients {
      let cache = model.makeCache()
      _ = try model.logits(tokens, cache: cache)
      cache.truncate(to: 10)
      let rest = try tokens.narrow(dim: 1, start: 10, length: 3)
      let found = try model.logits(rest, cache: cache)
      let expected = try fixture.expected("logits").narrow(dim: 1, start: 10, length: 3)
      #expect(try largestDifference(found, expected) < 1e-4)
    }
  }

  @Test("a full cache refuses further tokens by name")
  func fullCache() throws {
    let model = try ModelFixture(name: "llama").model()
    let cache = model.makeCache(maximumLength: 4)
    let tokens = try Tensor.zeros([1, 5], dtype: .int64)
    #expect(throws: CacheError.full(capacity: 4, requested: 5)) {
      try withoutGradients { _ = try model.logits(tokens, cache: cache) }
    }
  }

  @Test("the logits for the next token are those of the last position")
  func nextTokenLogits() throws {
    let fixture = ModelFixture(name: "qwen3")
    let model = try fixture.model()
    let found = try withoutGradients { try model.nextTokenLogits(fixture.expected("tokens")) }
    let expected = try fixture.expected("logits")
    #expect(try largestDifference(found, expected.select(dim: 1, index: expected.size(1) - 1)) < 1e-4)
  }

  @Test("bfloat16 logits stay near the reference", arguments: ["gpt2", "llama", "qwen3"])
  func bfloat16(name: String) throws {
    let fixture = ModelFixture(name: name)
    let model = try fixture.model(dtype: .bfloat16)
    let found = try withoutGradients { try model.logits(fixture.expected("tokens")) }
    #expect(found.dtype == .bfloat16)
    let expected = try fixture.expected("logits")
    let scale = try expected.abs().max().item()
    #expect(try largestDifference(found, expected) < 0.05 * scale)
  }

  @Test(
    "every parameter gets a gradient that a step along lowers the loss with", arguments: ModelFixture.names)
  func training(name: String) throws {
    let fixture = ModelFixture(name: name)
    let model = try fixture.model()
    let tokens = try fixture.expected("tokens")
    let labels = try shiftedLabels(tokens)
    let before = try model.loss(tokens, labels: labels).mean
    try before.backward()
    try withoutGradients {
      for (path, parameter) in try model.namedParameters() {
        let gradient = try #require(parameter.gradient, "no gradient for \(path)")
        try parameter.tensor.addInPlace(gradient, alpha: -0.01)
      }
      #expect(try model.loss(tokens, labels: labels).mean.item() < before.item())
    }
  }

  @Test("wrong tokens are refused", arguments: [[3], [0, 4], [1, 0], [1, 2, 3]])
  func wrongTokens(shape: [Int]) throws {
    let model = try ModelFixture(name: "llama").model()
    let tokens = try Tensor.zeros(shape, dtype: .int64)
    #expect(throws: ModelError.wrongTokens(found: "int64 of shape \(shape)")) { try model.logits(tokens) }
  }

  @Test("operations per token count matrices and attention, not tables")
  func flops() throws {
    var configuration = GPT2Configuration(
      vocabularySize: 50257, maximumLength: 1024, hiddenSize: 768, layerCount: 12, headCount: 12)
    configuration.isHeadTied = true
    let model = GPT2Model(configuration)
    let matrices = 12.0 * 12 * 768 * 768 + 50257 * 768
    #expect(try model.flopsPerToken(sequenceLength: 512) == 6 * matrices + 12.0 * 12 * 768 * 512)
  }
}
