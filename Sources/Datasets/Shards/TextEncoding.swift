/// How text becomes the token ids of one model: the part of a tokenizer that datasets need.
public struct TextEncoding: Sendable {
  /// The ids of a text, special tokens in the text recognised, none added.
  public var encode: @Sendable (String) throws -> [Int]
  /// Turns a conversation into text by the model's chat template; with `true` the header of an answer is
  /// added at the end. Nil if the model has no template.
  public var render: (@Sendable (_ messages: [ChatMessage], _ addsGenerationPrompt: Bool) throws -> String)?
  /// The number of ids that the model has embeddings for.
  public var vocabularySize: Int
  /// Put in front of each document, if the model wants that.
  public var beginToken: Int?
  /// Put behind each document.
  public var endToken: Int?
  /// Equal for equal encodings, such as a hash of the tokenizer's file: tokenised text is kept under it.
  public var identity: String

  /// Gathers the parts.
  public init(
    vocabularySize: Int, beginToken: Int? = nil, endToken: Int?, identity: String,
    render: (@Sendable ([ChatMessage], Bool) throws -> String)? = nil,
    encode: @escaping @Sendable (String) throws -> [Int]
  ) {
    self.encode = encode
    self.render = render
    self.vocabularySize = vocabularySize
    self.beginToken = beginToken
    self.endToken = endToken
    self.identity = identity
  }

  /// The ids of a text, checked against the vocabulary.
  ///
  /// - Throws: `DatasetError` of kind `tokenOutOfRange`, what `encode` throws.
  func tokens(_ text: String, file: String, place: String) throws -> [Int32] {
    try encode(text).map { id in
      guard id >= 0, id < vocabularySize, id <= Int(Int32.max) else {
        throw DatasetError(
          .tokenOutOfRange, file: file, place: place, found: "token id \(id) from the tokenizer",
          expected:
            "ids from 0 to \(vocabularySize - 1), the model's vocabulary; use the model's own tokenizer")
      }
      return Int32(id)
    }
  }

  /// The begin token as a list of none or one.
  var prefix: [Int32] { beginToken.map { [Int32($0)] } ?? [] }
  /// The end token as a list of none or one.
  var suffix: [Int32] { endToken.map { [Int32($0)] } ?? [] }
}

/// One turn of a conversation.
public struct ChatMessage: Sendable, Equatable, Codable {
  /// Who speaks: `system`, `user`, `assistant`.
  public var role: String
  /// What is said.
  public var content: String

  /// A turn.
  public init(role: String, content: String) {
    self.role = role
    self.content = content
  }

  /// True for the turns that a model learns.
  public var isAnswer: Bool { role == "assistant" }
}

extension TextEncoding {
  /// An identity made of a tokenizer's files: equal files give equal identities, wherever they lie.
  public static func identity(of files: [[UInt8]]) -> String {
    var hash = ContentHash()
    for file in files { file.withUnsafeBytes { hash.update($0) } }
    return hash.text
  }
}
