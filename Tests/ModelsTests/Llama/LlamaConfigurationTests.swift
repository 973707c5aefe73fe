import Layers
import Models
import Testing
import Torch

@Suite struct LlamaConfigurationTests {
  @Test("the older spelling of the rotary keys means the same as the newer")
  func rotarySpellings() throws {
    var object = try ModelFixture(name: "llama3").configuration()
    let newer = try LlamaConfiguration(object, variant: .llama, file: "f")
    object["rope_parameters"] = nil
    object["rope_theta"] = .number(500)
    object["rope_scaling"] = .object([
      "type": .string("llama3"), "factor": .number(8), "low_freq_factor": .number(1),
      "high_freq_factor": .number(4),
      "original_max_position_embeddings": .integer(32),
    ])
    #expect(try LlamaConfiguration(object, variant: .llama, file: "f") == newer)
    #expect(newer.rotaryBase == 500)
  }

  @Test(
    "what is written describes the same configuration",
    arguments: ModelFixture.names.filter { !$0.hasPrefix("gpt2") })
  func writing(name: String) throws {
    let object = try ModelFixture(name: name).configuration()
    let model = try #require(try ModelFactory.model(object, file: "f") as? LlamaModel)
    let variant = model.configuration.variant
    #expect(
      try LlamaConfiguration(model.configuration.object, variant: variant, file: "f") == model.configuration)
  }

  @Test("windows hold for the layers that the configuration names")
  func windows() throws {
    var object = try ModelFixture(name: "qwen2").configuration()
    #expect(try LlamaConfiguration(object, variant: .qwen2, file: "f").windowedLayers == [false, true])
    object["layer_types"] = .array([.string("sliding_attention"), .string("full_attention")])
    #expect(try LlamaConfiguration(object, variant: .qwen2, file: "f").windowedLayers == [true, false])
    object["use_sliding_window"] = .boolean(false)
    #expect(try LlamaConfiguration(object, variant: .qwen2, file: "f").slidingWindow == nil)
    object["sliding_window"] = .null
    #expect(try LlamaConfiguration(object, variant: .mistral, file: "f").slidingWindow == nil)
    object["sliding_window"] = nil
    #expect(try LlamaConfiguration(object, variant: .mistral, file: "f").slidingWindow == 4096)
  }

  static let metadata: [String: ConfigurationValue] = [
    "general.architecture": .string("llama"), "llama.block_count": .integer(2),
    "llama.context_length": .integer(64),
    "llama.embedding_length": .integer(32), "llama.feed_forward_length": .integer(48),
    "llama.attention.head_count": .integer(4), "llama.attention.head_count_kv": .integer(2),
    "llama.attention.layer_norm_rms_epsilon": .number(1e-6), "llama.rope.freq_base": .number(10000),
    "llama.rope.dimension_count": .integer(8),
  ]

  @Test("GGUF metadata and tensors, rotary rows interleaved, make the same model")
  func gguf() throws {
    let fixture = ModelFixture(name: "llama")
    let model = try #require(try fixture.model() as? LlamaModel)
    // The file's layout, written by the inverse of what reading does: names and row order of GGUF.
    let state = try StateDict(of: model, map: model.ggufWeightMap)
    #expect(state["blk.1.attn_q.weight"] != nil && state["output.weight"] != nil)
    let stored = try #require(state["blk.0.attn_q.weight"])
    // Stored row 1 of the first head is the first row of its second half.
    let parameter = try model.parameter(at: "model.layers.0.self_attn.q_proj.weight").tensor
    let difference = try largestDifference(
      stored.select(dim: 0, index: 1), parameter.select(dim: 0, index: 4))
    #expect(difference == 0)
    let tensors = LlamaConfiguration.GGUFTensors(
      names: Set(state.names), rotaryDivisors: nil, vocabularySize: 128)
    let copy = try ModelFactory.model(gguf: Self.metadata, tensors: tensors, file: "f.gguf")
    try copy.materialize(with: WeightSourceInitializer(StateDictSource(state), map: copy.ggufWeightMap))
    try copy.setTraining(false)
    let found = try withoutGradients { try copy.logits(fixture.expected("tokens")) }
    #expect(try largestDifference(found, fixture.expected("logits")) < 1e-4)
  }

  @Test(
    "GGUF metadata that no model can have is refused",
    arguments: [
      ("general.architecture", ConfigurationValue.string("llamma")), ("general.architecture", .null),
      ("llama.block_count", .integer(0)), ("llama.attention.head_count_kv", .integer(3)),
      ("llama.rope.dimension_count", .integer(4)), ("llama.rope.scaling.type", .string("longrope")),
      ("llama.embedding_length", .integer(-1)), ("llama.context_length", .null),
    ])
  func hostileMetadata(key: String, value: ConfigurationValue) throws {
    var metadata = Self.metadata
    metadata[key] = value
    if key == "llama.rope.scaling.type" { metadata["llama.rope.scaling.factor"] = .number(2) }
    let tensors = LlamaConfiguration.GGUFTensors(names: [], rotaryDivisors: nil, vocabularySize: 128)
    #expect(throws: ModelError.self) {
      try ModelFactory.model(gguf: metadata, tensors: tensors, file: "f.gguf")
    }
  }
}
