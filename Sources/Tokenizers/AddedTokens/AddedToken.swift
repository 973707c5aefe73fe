/// A token that is found in the text itself, before any other stage sees it.
public struct AddedToken: Sendable, Hashable {
  /// The id that it is encoded as.
  public let id: Int
  /// The text that is searched for.
  public let content: String
  /// Whether it steers the model and is left out of decoded text on request, as `<|im_end|>` is.
  public var isSpecial: Bool
  /// Whether it only counts where no letter, digit or underscore touches it.
  public var isSingleWord: Bool
  /// Whether it takes the white space before it with it.
  public var stripsLeft: Bool
  /// Whether it takes the white space behind it with it.
  public var stripsRight: Bool
  /// Whether it is searched for in the normalized text rather than in the text as it came.
  public var isNormalized: Bool

  /// Describes a token; the flags that are left out are off.
  public init(
    id: Int, content: String, isSpecial: Bool = false, isSingleWord: Bool = false, stripsLeft: Bool = false,
    stripsRight: Bool = false, isNormalized: Bool = false
  ) {
    self.id = id
    self.content = content
    self.isSpecial = isSpecial
    self.isSingleWord = isSingleWord
    self.stripsLeft = stripsLeft
    self.stripsRight = stripsRight
    self.isNormalized = isNormalized
  }

  init(json: JSONNode) throws(TokenizerError) {
    let id = try json.required("id")
    self.id = try id.requiredInt()
    guard self.id >= 0, self.id < Vocabulary.idLimit else {
      throw id.mismatch("an id below \(Vocabulary.idLimit)")
    }
    content = try json.required("content").requiredString()
    isSpecial = try json.flag("special", default: false)
    isSingleWord = try json.flag("single_word", default: false)
    stripsLeft = try json.flag("lstrip", default: false)
    stripsRight = try json.flag("rstrip", default: false)
    isNormalized = try json.flag("normalized", default: !isSpecial)
  }
}
