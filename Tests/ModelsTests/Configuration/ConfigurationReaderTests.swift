import Models
import Testing

/// Hostile and mistaken configurations end in an error that names file, key, value and expectation.
@Suite struct ConfigurationReaderTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let fixture: String
    let key: String
    let value: ConfigurationValue
    var testDescription: String { "\(fixture): \(key) = \(value.summary)" }
  }

  static let cases: [Case] = [
    Case(fixture: "llama", key: "hidden_size", value: .integer(0)),
    Case(fixture: "llama", key: "hidden_size", value: .integer(-32)),
    Case(fixture: "llama", key: "hidden_size", value: .integer(.max)),
    Case(fixture: "llama", key: "hidden_size", value: .string("32")),
    Case(fixture: "llama", key: "hidden_size", value: .number(32.5)),
    Case(fixture: "llama", key: "num_hidden_layers", value: .integer(1_000_000_000)),
    Case(fixture: "llama", key: "num_attention_heads", value: .integer(0)),
    Case(fixture: "llama", key: "num_key_value_heads", value: .integer(3)),
    Case(fixture: "llama", key: "num_key_value_heads", value: .integer(8)),
    Case(fixture: "llama", key: "head_dim", value: .integer(7)),
    Case(fixture: "llama", key: "vocab_size", value: .integer(1 << 40)),
    Case(fixture: "llama", key: "vocab_size", value: .array([])),
    Case(fixture: "llama", key: "rms_norm_eps", value: .number(-1)),
    Case(fixture: "llama", key: "hidden_act", value: .string("swoosh")),
    Case(fixture: "llama", key: "tie_word_embeddings", value: .string("yes")),
    Case(fixture: "llama", key: "attention_dropout", value: .number(1)),
    Case(fixture: "llama", key: "rope_parameters", value: .integer(3)),
    Case(fixture: "llama", key: "model_type", value: .integer(3)),
    Case(fixture: "mistral", key: "sliding_window", value: .integer(0)),
    Case(fixture: "qwen2", key: "layer_types", value: .array([.string("full_attention")])),
    Case(
      fixture: "qwen2", key: "layer_types",
      value: .array([.string("full_attention"), .string("chunked_attention")])),
    Case(fixture: "gpt2", key: "n_head", value: .integer(5)),
    Case(fixture: "gpt2", key: "n_inner", value: .integer(-1)),
    Case(fixture: "gpt2", key: "resid_pdrop", value: .number(.infinity)),
    Case(fixture: "gpt2", key: "add_cross_attention", value: .boolean(true)),
  ]

  @Test("a value that no model can have is refused by name", arguments: cases)
  func wrongValue(_ example: Case) throws {
    var object = try ModelFixture(name: example.fixture).configuration()
    object[example.key] = example.value
    let error = #expect(throws: ModelError.self) {
      try ModelFactory.model(object, file: "/models/config.json")
    }
    guard case .wrongValue(let file, let key, _, _)? = error else {
      Issue.record("another error: \(String(describing: error))")
      return
    }
    #expect(file == "/models/config.json")
    #expect(key == example.key)
  }

  @Test(
    "a missing key is named",
    arguments: ["vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads"])
  func missingKey(key: String) throws {
    var object = try ModelFixture(name: "llama").configuration()
    object[key] = nil
    #expect(throws: ModelError.missingKey(file: "f", key: key)) { try ModelFactory.model(object, file: "f") }
  }

  @Test(
    "rotary scalings are checked",
    arguments: [
      ("rope_type", ConfigurationValue.string("longrope")), ("factor", .null), ("factor", .number(0)),
      ("high_freq_factor", .number(1)), ("rope_theta", .number(1)), ("partial_rotary_factor", .number(0.5)),
      ("original_max_position_embeddings", .integer(0)),
    ])
  func rotary(key: String, value: ConfigurationValue) throws {
    var object = try ModelFixture(name: "llama3").configuration()
    guard case .object(var rotary)? = object["rope_parameters"] else {
      Issue.record("the fixture has no rope_parameters")
      return
    }
    rotary[key] = value
    object["rope_parameters"] = .object(rotary)
    #expect(throws: ModelError.self) { try ModelFactory.model(object, file: "config.json") }
  }

  @Test("text that is not an object is refused", arguments: ["", "{", "[1]", "{\"a\": }", "null", "\u{0}"])
  func notJSON(text: String) {
    #expect(throws: ModelError.self) {
      try [String: ConfigurationValue](json: Array(text.utf8), file: "config.json")
    }
  }

  @Test("the message says what to do")
  func message() throws {
    var object = try ModelFixture(name: "gpt2").configuration()
    object["n_head"] = .integer(5)
    let error = try #require(throws: ModelError.self) {
      try ModelFactory.model(object, file: "/m/config.json")
    }
    #expect(error.description == "/m/config.json: 'n_head' is 5, expected a divisor of n_embd, which is 32")
  }
}
