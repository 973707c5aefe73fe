/// What is wrong with a chat template, or with what it was given.
public struct TemplateError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The class of the failure.
  public enum Kind: Sendable, Hashable {
    /// The template is not written as the language wants it.
    case syntax
    /// A variable, attribute, filter, test or function that does not exist is used.
    case undefined
    /// An operation does not apply to the values that it got.
    case type
    /// The template itself refused its input by calling `raise_exception`.
    case raised
    /// The template loops, recurses or writes without end.
    case limit
  }

  /// The class of the failure.
  public let kind: Kind
  /// The line of the template, counted from 1; 0 where no line is to blame.
  public internal(set) var line: Int
  /// What was found and what was expected; for `raised`, the template's own words.
  public let message: String

  init(_ kind: Kind, line: Int = 0, _ message: String) {
    self.kind = kind
    self.line = line
    self.message = message
  }

  /// One line: the place, then the message.
  public var description: String {
    line > 0 ? "chat template, line \(line): \(message)" : "chat template: \(message)"
  }

  /// The error with a line, unless it has one.
  func at(_ line: Int) -> TemplateError {
    var error = self
    if error.line == 0 { error.line = line }
    return error
  }
}
