import Checkpoints
import Layers
import Models
import Testing
import Torch

@Suite struct GPT2ModelTests {
  @Test("the tied head is the embedding's table, found once")
  func tiedHead() throws {
    let model = try ModelFixture(name: "gpt2").model()
    #expect(try model.aliases()["lm_head.weight"] == "transformer.wte.weight")
    #expect(try model.parameter(at: "lm_head.weight") === model.parameter(at: "transformer.wte.weight"))
    #expect(try !model.namedParameters().contains { $0.path == "lm_head.weight" })
  }

  @Test("names without the first component are read too")
  func shortNames() throws {
    let fixture = ModelFixture(name: "gpt2")
    let model = try fixture.model()
    var short = StateDict()
    for entry in try StateDict(of: model, map: model.weightMap).entries {
      short[String(entry.name.dropFirst("transformer.".count))] = entry.tensor
    }
    let copy = try ModelFactory.model(fixture.configuration(), file: "config.json")
    try copy.materialize(with: WeightSourceInitializer(StateDictSource(short), map: copy.weightMap))
    let expected = try model.parameter(at: "transformer.h.0.attn.c_attn.weight").tensor
    let found = try copy.parameter(at: "transformer.h.0.attn.c_attn.weight").tensor
    #expect(found.shape == [96, 32])
    #expect(try largestDifference(found, expected) == 0)
  }

  @Test("more tokens than positions are refused")
  func tooManyTokens() throws {
    let model = try ModelFixture(name: "gpt2").model()
    let tokens = try Tensor.zeros([1, 65], dtype: .int64)
    #expect(throws: ModelError.tooManyTokens(found: 65, maximum: 64)) { try model.logits(tokens) }
  }

  @Test("dropout acts while training only, and repeats with its generator")
  func dropout() throws {
    let fixture = ModelFixture(name: "gpt2")
    let model = try fixture.model()
    let tokens = try fixture.expected("tokens")
    try model.setTraining(true)
    #expect(throws: ModuleError.missingGenerator) { try model.logits(tokens) }
    func logits(seed: UInt64) throws -> Tensor {
      try model.setGenerator(Generator(seed: seed))
      return try withoutGradients { try model.logits(tokens) }
    }
    #expect(try largestDifference(logits(seed: 3), logits(seed: 3)) == 0)
    #expect(try largestDifference(logits(seed: 3), logits(seed: 4)) > 1e-3)
    #expect(try largestDifference(logits(seed: 3), fixture.expected("logits")) > 1e-3)
  }

  @Test("files of another model are refused by name")
  func wrongFiles() throws {
    var object = try ModelFixture(name: "gpt2").configuration()
    object["n_layer"] = .integer(3)
    let source = try SafeTensorsFolder(folder: ModelFixture(name: "gpt2").folder)
    let larger = try ModelFactory.model(object, file: "config.json")
    let missing = try #require(throws: WeightError.self) {
      try WeightSourceInitializer(source, map: larger.weightMap).check(larger)
    }
    guard case .missing("transformer.h.2.ln_1.weight", _, "transformer.h.0.ln_1.weight", 12) = missing else {
      Issue.record("another error: \(missing)")
      return
    }
    object["n_layer"] = .integer(1)
    let smaller = try ModelFactory.model(object, file: "config.json")
    #expect(throws: WeightError.self) {
      try smaller.materialize(with: WeightSourceInitializer(source, map: smaller.weightMap))
    }
    object["n_layer"] = .integer(2)
    object["vocab_size"] = .integer(100)
    let other = try ModelFactory.model(object, file: "config.json")
    let shape = try #require(throws: WeightError.self) {
      try WeightSourceInitializer(source, map: other.weightMap).check(other)
    }
    #expect(
      shape.description.hasSuffix(
        "tensor 'transformer.wte.weight' has shape [128, 32], the configuration asks for [100, 32]"))
  }
}
