/// What a user of a library sees: a public declaration, a requirement of a public protocol, a case of a
/// public enumeration. Found by reading lines, which the sources' one declaration a line allows.
struct PublicDeclaration: CustomStringConvertible {
  /// From 1.
  let line: Int
  let text: String
  let name: String
  /// The `///` comment above, without its slashes.
  let comment: String

  var description: String { "line \(line): \(text)" }

  /// Whether the comment has no word but those of the declaration's name.
  var onlyRepeatsName: Bool {
    let fillers: Set = ["a", "an", "the", "of", "this", "is", "its", "whether", "to", "and", "in"]
    let own = Set(Self.words(name))
    return Self.words(comment).allSatisfy { word in
      fillers.contains(word) || own.contains { word == $0 || word == $0 + "s" }
    }
  }

  /// The words of a text or of a name in camel case, in lower case.
  static func words(_ text: String) -> [String] {
    var words: [String] = []
    var last: Character = " "
    for letter in text {
      if letter.isLetter || letter.isNumber {
        if !(last.isLetter || last.isNumber) || (letter.isUppercase && !last.isUppercase) { words.append("") }
        words[words.count - 1] += letter.lowercased()
      }
      last = letter
    }
    return words
  }

  /// All of a source.
  static func all(in text: String) -> [PublicDeclaration] {
    let raw = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    var scopes: [Scope] = []
    var depth = 0
    var found: [PublicDeclaration] = []
    for (index, code) in BlankedSource(text).lines.enumerated() {
      if let head = DeclarationHead(code) {
        let scope = scopes.last.flatMap { $0.depth == depth ? $0 : nil }
        let isPublic = head.isPublic || (scope?.makesPublic(head) ?? false)
        if isPublic, head.keyword != "import", head.keyword != "extension" {
          found.append(
            PublicDeclaration(
              line: index + 1, text: raw[index].trimmed, name: head.name,
              comment: comment(above: index, raw)))
        }
        if code.utf8.contains(UInt8(ascii: "{")) {
          scopes.append(Scope(depth: depth + 1, keyword: head.keyword, isPublic: isPublic))
        }
      }
      for byte in code.utf8 {
        if byte == UInt8(ascii: "{") { depth += 1 } else if byte == UInt8(ascii: "}") { depth -= 1 }
      }
      scopes.removeAll { $0.depth > depth }
    }
    return found
  }

  private static func comment(above index: Int, _ lines: [String]) -> String {
    var start = index - 1
    while start >= 0, lines[start].trimmed.hasPrefix("@") { start -= 1 }
    var comment: [String] = []
    while start >= 0, lines[start].trimmed.hasPrefix("///") {
      comment.insert(String(lines[start].trimmed.dropFirst(3)), at: 0)
      start -= 1
    }
    return comment.joined(separator: "\n").trimmed
  }

  /// The braces of a declaration.
  private struct Scope {
    let depth: Int
    let keyword: String
    let isPublic: Bool

    func makesPublic(_ member: DeclarationHead) -> Bool {
      guard isPublic else { return false }
      switch keyword {
      case "protocol": return true
      case "enum": return member.keyword == "case"
      case "extension": return !member.isHidden
      default: return false
      }
    }
  }
}

/// The first words of a declaration.
struct DeclarationHead {
  private static let keywords: Set = [
    "func", "var", "let", "class", "struct", "enum", "protocol", "actor", "init", "subscript", "typealias",
    "case", "associatedtype", "extension", "import", "macro",
  ]
  private static let modifiers: Set = [
    "public", "open", "package", "internal", "fileprivate", "private", "final", "static", "override",
    "required", "convenience", "indirect", "nonisolated", "mutating", "lazy", "weak", "unowned", "borrowing",
    "consuming", "prefix", "postfix", "infix", "dynamic", "optional",
  ]

  let keyword: String
  let name: String
  let isPublic: Bool
  /// Marked as visible in less than the library.
  let isHidden: Bool

  /// Nil when the line starts no declaration.
  init?(_ line: String) {
    var rest = Substring(line)
    var modifiers: Set<String> = []
    while true {
      rest = rest.drop { $0 == " " }
      let isAttribute = rest.first == "@"
      let word = String((isAttribute ? rest.dropFirst() : rest).prefix(while: Self.isOfName))
      guard !word.isEmpty else { return nil }
      rest = rest.dropFirst(word.count + (isAttribute ? 1 : 0))
      let isModifier = Self.modifiers.contains(word) || (word == "class" && Self.continues(rest))
      if !isAttribute, !isModifier {
        guard Self.keywords.contains(word) else { return nil }
        keyword = word
        break
      }
      // `private(set)` and `@available(...)`: no access of the declaration itself.
      if rest.first == "(" {
        rest = rest.drop { $0 != ")" }.dropFirst()
      } else if !isAttribute {
        modifiers.insert(word)
      }
    }
    let after = rest.drop { $0 == " " }
    name = String(after.prefix { Self.isOfName($0) || $0 == "`" })
    isPublic = !modifiers.isDisjoint(with: ["public", "open"])
    isHidden = !modifiers.isDisjoint(with: ["package", "internal", "fileprivate", "private"])
  }

  private static func isOfName(_ letter: Character) -> Bool {
    letter.isLetter || letter.isNumber || letter == "_"
  }

  /// Whether `class` is a modifier: another declaration follows.
  private static func continues(_ rest: Substring) -> Bool {
    ["func ", "var ", "subscript"].contains { rest.drop { $0 == " " }.hasPrefix($0) }
  }
}

extension String {
  /// Without spaces and newlines at both ends.
  var trimmed: String {
    var text = Substring(self)
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
