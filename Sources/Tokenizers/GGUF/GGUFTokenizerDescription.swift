/// The tokenizer metadata of a GGUF file, as plain values.
///
/// The defaults are those that apply when a file leaves the key out.
public struct GGUFTokenizerDescription: Sendable {
  /// What kind of thing a token is.
  public enum TokenType: Int, Sendable {
    /// Text like any other.
    case normal = 1
    /// What stands for text in no token.
    case unknown = 2
    /// A special token, such as the end of a text.
    case control = 3
    /// A token that is found in the text itself, and is not special.
    case userDefined = 4
    /// A place without a token.
    case unused = 5
    /// One byte, written `<0xNN>`.
    case byte = 6
  }

  /// `tokenizer.ggml.model`: `gpt2` for byte-level byte-pair encoding, `llama` for SentencePiece's.
  public var model: String
  /// `tokenizer.ggml.pre`: how a byte-level tokenizer cuts text into words.
  public var preTokenizer: String?
  /// `tokenizer.ggml.tokens`; the position is the id.
  public var tokens: [String]
  /// `tokenizer.ggml.token_type`, raw values of `TokenType`; empty where the file has none.
  public var tokenTypes: [Int]
  /// `tokenizer.ggml.scores`, one for each token of a SentencePiece vocabulary.
  public var scores: [Float]
  /// `tokenizer.ggml.merges` of a byte-level vocabulary, each two tokens with a space between them.
  public var merges: [String]
  /// `tokenizer.ggml.bos_token_id`.
  public var bosID: Int?
  /// `tokenizer.ggml.eos_token_id`.
  public var eosID: Int?
  /// `tokenizer.ggml.unknown_token_id`.
  public var unknownID: Int?
  /// `tokenizer.ggml.padding_token_id`.
  public var paddingID: Int?
  /// `tokenizer.ggml.add_bos_token`.
  public var addsBOS: Bool?
  /// `tokenizer.ggml.add_eos_token`.
  public var addsEOS: Bool?
  /// `tokenizer.ggml.add_space_prefix`.
  public var addsSpacePrefix: Bool?
  /// `tokenizer.chat_template`.
  public var chatTemplate: String?

  /// Describes a tokenizer; everything but the kind and the tokens may be set afterwards.
  public init(
    model: String, tokens: [String], merges: [String] = [], scores: [Float] = [], tokenTypes: [Int] = []
  ) {
    self.model = model
    self.tokens = tokens
    self.merges = merges
    self.scores = scores
    self.tokenTypes = tokenTypes
  }

  func type(of id: Int) -> TokenType {
    id < tokenTypes.count ? TokenType(rawValue: tokenTypes[id]) ?? .normal : .normal
  }

  /// Control tokens and tokens defined by the user, which are found in the text itself.
  var addedTokens: [AddedToken] {
    tokens.indices.compactMap { id in
      switch type(of: id) {
      case .control, .unknown: AddedToken(id: id, content: tokens[id], isSpecial: true)
      case .userDefined: AddedToken(id: id, content: tokens[id])
      case .normal, .unused, .byte: nil
      }
    }
  }

  func checked(_ id: Int?, _ key: String) throws(TokenizerError) -> Int? {
    guard let id else { return nil }
    guard tokens.indices.contains(id) else {
      throw TokenizerError(
        .field, at: "tokenizer.ggml.\(key)", "expected an id below \(tokens.count), found \(id)")
    }
    return id
  }
}
