/// What a tokenizer_config.json says beside the tokenizer itself.
public struct TokenizerConfig: Sendable, Hashable {
  /// The token that starts a text.
  public var bosToken: String?
  /// The token that ends a text.
  public var eosToken: String?
  /// The token that fills up short rows of a batch.
  public var paddingToken: String?
  /// The token of what is in no other.
  public var unknownToken: String?
  /// Whether the first of these tokens is put before a text; nil where the file does not say.
  public var addsBOS: Bool?
  /// Whether the second is put behind it; nil where the file does not say.
  public var addsEOS: Bool?
  /// The number of tokens that the model was made for; nil where the file names none or an absurd one.
  public var maximumLength: Int?
  /// The chat templates by name; a single one is named `default`.
  public var chatTemplates: [String: String] = [:]

  /// A configuration that says nothing.
  public init() {}

  /// Reads a tokenizer_config.json.
  ///
  /// - Throws: `TokenizerError` with the JSON path of what is wrong.
  public init(json: [UInt8]) throws(TokenizerError) {
    let root = try JSONDocument(json, name: "tokenizer_config.json").root
    guard root.kind == .object else { throw root.mismatch("an object") }
    bosToken = try Self.token(root["bos_token"])
    eosToken = try Self.token(root["eos_token"])
    paddingToken = try Self.token(root["pad_token"])
    unknownToken = try Self.token(root["unk_token"])
    addsBOS = try root["add_bos_token"]?.requiredBool()
    addsEOS = try root["add_eos_token"]?.requiredBool()
    maximumLength = root["model_max_length"]?.int
    if let template = root["chat_template"] { chatTemplates = try Self.templates(template) }
  }

  /// The chat template to use: the one of that name, or else the default one.
  public func chatTemplate(named name: String = "default") -> String? {
    chatTemplates[name] ?? chatTemplates["default"]
  }

  /// The tokens that templates refer to by name.
  public var namedTokens: [String: String] {
    var result: [String: String] = [:]
    result["bos_token"] = bosToken
    result["eos_token"] = eosToken
    result["pad_token"] = paddingToken
    result["unk_token"] = unknownToken
    return result
  }

  /// A token written as a string, or as an object with its content and flags.
  private static func token(_ json: JSONNode?) throws(TokenizerError) -> String? {
    guard let json else { return nil }
    if json.kind == .object { return try json.required("content").requiredString() }
    return try json.requiredString()
  }

  private static func templates(_ json: JSONNode) throws(TokenizerError) -> [String: String] {
    if let template = json.string { return ["default": template] }
    guard json.kind == .array else { throw json.mismatch("a template or a list of named templates") }
    var result: [String: String] = [:]
    for entry in json.elements {
      result[try entry.required("name").requiredString()] = try entry.required("template").requiredString()
    }
    return result
  }
}
