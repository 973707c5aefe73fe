/// Says what in a file is not as its format demands: which file, which part, what was found and what was
/// expected.
public struct FileFormatError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The sort of fault, for callers that decide by it.
  public enum Kind: String, Sendable, CaseIterable {
    /// The bytes are not of the format at all (another magic number, not JSON).
    case foreign
    /// The file ends before what its header promises.
    case truncated
    /// The header contradicts itself or the rules of the format.
    case malformed
    /// A count or a length lies beyond what this reader accepts.
    case limit
    /// The format allows it, this reader does not.
    case unsupported
    /// Two parts carry one name.
    case duplicate
    /// A part that is referred to does not exist.
    case missing
    /// The content differs from its recorded checksum.
    case damaged
  }

  /// The sort of fault.
  public let kind: Kind
  /// The path of the file or folder.
  public let file: String
  /// The part of the file: a tensor's or key's name, if the fault has one.
  public let item: String?
  /// What was read.
  public let found: String
  /// What would have been right, with a remedy where one is known.
  public let expected: String

  /// Describes a fault in a file.
  ///
  /// - Parameters:
  ///   - kind: the sort of fault.
  ///   - file: path of the file or folder.
  ///   - item: the tensor, key or line it concerns.
  ///   - found: what was read.
  ///   - expected: what would have been right.
  public init(_ kind: Kind, file: String, item: String? = nil, found: String, expected: String) {
    self.kind = kind
    self.file = file
    self.item = item.map(Self.readable)
    self.found = found
    self.expected = expected
  }

  /// One line: file, part, found, expected.
  public var description: String {
    let part = item.map { ", \($0)" } ?? ""
    return "\(file)\(part): found \(found), expected \(expected)"
  }

  /// Names come from the file, so a hostile one may hold control characters or megabytes.
  static func readable(_ name: String) -> String {
    let shown = name.unicodeScalars.prefix(200).map { scalar in
      scalar.properties.generalCategory == .control ? "?" : String(scalar)
    }
    return shown.joined() + (name.unicodeScalars.count > 200 ? "..." : "")
  }
}
