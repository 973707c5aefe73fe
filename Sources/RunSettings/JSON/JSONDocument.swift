/// A parsed configuration text that can say where each value stands and which keys are written twice.
///
/// Accepted is JSON with the liberties that DeepSpeed's reader grants: comments (`//`, `#`, `/* */`),
/// trailing commas and a byte order mark.
public struct JSONDocument: Sendable {
  /// Larger texts are refused: no configuration is that long, and a wrong file often is.
  public static let byteLimit = 4 << 20

  /// Name shown in messages: a path, or words such as `inline configuration`.
  public let file: String
  /// The whole text as one value.
  public let root: JSONNode
  private let places: TextPlaces

  /// The value that `text` spells.
  /// - Parameters:
  ///   - text: UTF-8 bytes, at most ``byteLimit``.
  ///   - file: name for messages.
  /// - Throws: `ConfigurationError` with the first place where the text is not JSON.
  public init(parsing text: [UInt8], file: String) throws(ConfigurationError) {
    self.file = file
    places = TextPlaces(text)
    guard text.count <= Self.byteLimit else {
      throw ConfigurationError(
        ConfigurationProblem(
          kind: .syntax, file: file, found: "\(text.count) bytes",
          expected: "a configuration of at most \(Self.byteLimit) bytes"))
    }
    if let line = places.firstInvalidLine {
      throw ConfigurationError(
        ConfigurationProblem(
          kind: .syntax, file: file, place: TextPlace(line: line, column: 1),
          found: "bytes that are not UTF-8", expected: "UTF-8 text"))
    }
    var parser = JSONParser(text)
    do {
      root = try parser.document()
    } catch {
      throw ConfigurationError(
        ConfigurationProblem(
          kind: .syntax, file: file, place: places.place(of: error.offset), found: error.found,
          expected: error.expected))
    }
  }

  /// The value that `text` spells.
  /// - Throws: `ConfigurationError` with the first place where the text is not JSON.
  public init(parsing text: String, file: String) throws(ConfigurationError) {
    try self.init(parsing: Array(text.utf8), file: file)
  }

  /// Line and column of a byte of the text.
  public func place(of offset: Int) -> TextPlace { places.place(of: offset) }

  /// One problem for each key that stands more than once in the same object, at any depth.
  public func duplicateKeys() -> [ConfigurationProblem] {
    var problems: [ConfigurationProblem] = []
    collectDuplicates(in: root, path: SettingPath(), into: &problems)
    return problems
  }

  private func collectDuplicates(
    in node: JSONNode, path: SettingPath, into problems: inout [ConfigurationProblem]
  ) {
    switch node.value {
    case .array(let nodes):
      for (index, node) in nodes.enumerated() {
        collectDuplicates(in: node, path: path.appending(index: index), into: &problems)
      }
    case .object(let members):
      var first: [String: Int] = [:]
      for member in members {
        let inner = path.appending(member.key)
        if let earlier = first[member.key] {
          guard problems.count < ConfigurationError.problemLimit else { return }
          problems.append(
            ConfigurationProblem(
              kind: .duplicateKey, file: file, place: place(of: member.keyOffset), path: inner,
              found: "the key a second time",
              expected: "each key once (it already stands in line \(place(of: earlier).line))"))
        } else {
          first[member.key] = member.keyOffset
        }
        collectDuplicates(in: member.node, path: inner, into: &problems)
      }
    default: break
    }
  }
}
