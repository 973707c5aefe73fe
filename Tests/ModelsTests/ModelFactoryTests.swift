import Checkpoints
import Layers
import Models
import Testing
import Torch

@Suite struct ModelFactoryTests {
  @Test(
    "the parameter count known from the configuration is that of the built model",
    arguments: ModelFixture.names)
  func parameterCount(name: String) throws {
    let fixture = ModelFixture(name: name)
    let model = try ModelFactory.model(fixture.configuration(), file: name)
    let computed =
      (model as? GPT2Model)?.configuration.parameterCount
      ?? (model as? LlamaModel)?.configuration.parameterCount
    #expect(try model.parameterCount() == computed)
  }

  @Test("a model written as configuration and state is read back the same", arguments: ModelFixture.names)
  func roundTrip(name: String) throws {
    let fixture = ModelFixture(name: name)
    let model = try fixture.model()
    let text = try model.configurationObject.jsonText()
    let object = try [String: ConfigurationValue](json: Array(text.utf8), file: "written")
    let copy = try ModelFactory.model(object, file: "written")
    let state = try StateDict(of: model, map: model.weightMap)
    let stored = try SafeTensorsFolder(folder: fixture.folder)
    #expect(Set(state.names) == Set(stored.names))
    try copy.materialize(with: WeightSourceInitializer(StateDictSource(state), map: copy.weightMap))
    try copy.setTraining(false)
    let found = try withoutGradients { try copy.logits(fixture.expected("tokens")) }
    #expect(try largestDifference(found, fixture.expected("logits")) < 1e-4)
  }

  @Test("keys that mean nothing here are kept in what is written")
  func foreignKeys() throws {
    var object = try ModelFixture(name: "qwen2").configuration()
    object["my_note"] = .string("kept")
    let model = try ModelFactory.model(object, file: "config.json")
    #expect(model.configurationObject["my_note"] == .string("kept"))
    #expect(model.configurationObject["bos_token_id"] == .integer(1))
  }

  @Test("the class name serves when the model type is absent")
  func architectures() throws {
    var object = try ModelFixture(name: "mistral").configuration()
    object["model_type"] = nil
    let model = try #require(try ModelFactory.model(object, file: "config.json") as? LlamaModel)
    #expect(model.configuration.variant == .mistral)
  }

  @Test("an unknown type names the known ones and the nearest")
  func unknownType() throws {
    let object: [String: ConfigurationValue] = ["model_type": .string("qwen-3")]
    #expect(
      throws: ModelError.unknownArchitecture(
        file: "config.json", found: "qwen-3", supported: ["gpt2", "llama", "mistral", "qwen2", "qwen3"],
        nearest: "qwen3")
    ) { try ModelFactory.model(object, file: "config.json") }
  }

  @Test("fresh weights depend on the seed and nothing else")
  func seeds() throws {
    let object = try ModelFixture(name: "llama3").configuration()
    func logits(seed: UInt64) throws -> Tensor {
      let model = try ModelFactory.model(object, file: "config.json")
      try model.materialize(seed: seed)
      return try withoutGradients { try model.logits(Tensor([5, 6, 7], shape: [1, 3])) }
    }
    #expect(try largestDifference(logits(seed: 1), logits(seed: 1)) == 0)
    #expect(try largestDifference(logits(seed: 1), logits(seed: 2)) > 1e-6)
  }

  @Test("a model that cannot fit is refused before anything is allocated")
  func tooLarge() throws {
    let configuration = GPT2Configuration(
      vocabularySize: 1 << 26, maximumLength: 1024, hiddenSize: 1 << 20, layerCount: 2, headCount: 16)
    #expect(throws: ModelError.self) { try GPT2Model(configuration).materialize(seed: 1) }
  }
}
