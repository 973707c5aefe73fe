/// What went wrong while a tokenizer or its configuration was read.
///
/// Encoding and decoding themselves never fail: everything that could is checked when the tokenizer is made.
public struct TokenizerError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The class of the failure.
  public enum Kind: Sendable, Hashable {
    /// The text is not JSON.
    case json
    /// A JSON value or a metadata value is missing or of the wrong kind.
    case field
    /// A stage, an option or a pattern that this library does not know.
    case unsupported
    /// Tokens, merges and ids contradict each other.
    case vocabulary
    /// A regular expression cannot be read.
    case pattern
    /// A file cannot be read.
    case file
  }

  /// The class of the failure.
  public let kind: Kind
  /// Where it is: a JSON path such as `model.merges[12]`, a metadata key, or a file.
  public let path: String
  /// What was found, what was expected, and what to do about it.
  public let message: String

  /// Makes an error that names its place.
  ///
  /// - Parameters:
  ///   - kind: The class of the failure.
  ///   - path: The JSON path, metadata key or file.
  ///   - message: What was found and what was expected.
  public init(_ kind: Kind, at path: String, _ message: String) {
    self.kind = kind
    self.path = path
    self.message = message
  }

  /// One line: the place, then the message.
  public var description: String { path.isEmpty ? message : "\(path): \(message)" }
}
