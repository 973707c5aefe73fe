/// Says what is wrong with training data: which file, which line or row, what was found and what was
/// expected.
public struct DatasetError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The sort of fault, for callers that decide by it.
  public enum Kind: String, Sendable, CaseIterable {
    /// The file cannot be read.
    case unreadable
    /// The file holds nothing to train on.
    case tooFewTokens
    /// The content breaks the rules of its format.
    case malformed
    /// The format allows it, this reader does not.
    case unsupported
    /// Bytes that are not UTF-8.
    case invalidText
    /// A token id that the model has no embedding for.
    case tokenOutOfRange
    /// The data or its order is another than at the time of the checkpoint.
    case changedData
  }

  /// The sort of fault.
  public let kind: Kind
  /// The path of the file.
  public let file: String
  /// Where in the file: "line 3", "row 7, column 2".
  public let place: String?
  /// What was read.
  public let found: String
  /// What would have been right, with a remedy where one is known.
  public let expected: String

  /// Describes a fault in a data file.
  public init(_ kind: Kind, file: String, place: String? = nil, found: String, expected: String) {
    self.kind = kind
    self.file = file
    self.place = place
    self.found = found
    self.expected = expected
  }

  /// One line: file, place, found, expected.
  public var description: String {
    "\(file)\(place.map { ", \($0)" } ?? ""): found \(found), expected \(expected)"
  }
}
