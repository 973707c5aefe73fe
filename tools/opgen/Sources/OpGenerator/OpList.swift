/// The committed list of operators that Swift can call, divided into translation units and families.
public struct OpList {
  /// One C++ translation unit.
  public struct Unit {
    public let name: String
    public var families: [Family]
  }

  /// Operators that share one Swift file.
  public struct Family {
    public let name: String
    public var entries: [Entry]
  }

  /// One operator with what the list says about it.
  public struct Entry {
    /// The name in native_functions.yaml.
    public let name: String
    /// What the method yields, one sentence.
    public let summary: String
    public let settings: Settings
  }

  /// How an operator's Swift method differs from the rule.
  public struct Settings: Equatable {
    /// The method's name, nil for the operator's own in camel case.
    public var methodName: String?
    /// Arguments that stay at their default, or at None.
    public var hidden: Set<String> = []
    /// Arguments without a label.
    public var open: Set<String> = []
    /// Arguments with a label although the rule gives them none.
    public var labelled: Set<String> = []
    /// Labels of a result tuple that the schema leaves unnamed.
    public var resultNames: [String] = []
  }

  public private(set) var units: [Unit] = []
  private var summaries: [String: String] = [:]

  /// Reads the list.
  ///
  /// - Throws: `OpGeneratorError` with the line number of what is wrong.
  public init(text: String) throws(OpGeneratorError) {
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      do throws(OpGeneratorError) {
        try read(line)
      } catch {
        throw OpGeneratorError("line \(index + 1) of the operator list: \(error)")
      }
    }
  }

  private mutating func read(_ line: Substring) throws(OpGeneratorError) {
    if line.isEmpty || line.hasPrefix("#") { return }
    if line.hasPrefix("[[") {
      units.append(Unit(name: String(line.dropFirst(2).dropLast(2)), families: []))
    } else if line.hasPrefix("[") {
      guard !units.isEmpty else { throw OpGeneratorError("a family stands before the first unit") }
      units[units.count - 1].families.append(Family(name: String(line.dropFirst().dropLast()), entries: []))
    } else {
      guard let family = units.last?.families.indices.last else {
        throw OpGeneratorError("an operator stands before the first family")
      }
      units[units.count - 1].families[family].entries.append(try entry(line))
    }
  }

  private mutating func entry(_ line: Substring) throws(OpGeneratorError) -> Entry {
    let halves = line.split(separator: "|", maxSplits: 1)
    let words = halves[0].split(separator: " ")
    let name = String(words[0])
    var settings = Settings()
    for word in words.dropFirst() { try settings.read(word) }
    var base = String(name.prefix { $0 != "." })
    if base.hasSuffix("_") { base.removeLast() }
    if halves.count > 1 { summaries[base] = String(halves[1].drop { $0 == " " }) }
    guard let summary = summaries[base] else { throw OpGeneratorError("'\(name)' has no sentence") }
    return Entry(name: name, summary: summary, settings: settings)
  }
}

extension OpList.Settings {
  fileprivate mutating func read(_ word: Substring) throws(OpGeneratorError) {
    let pair = word.split(separator: "=", maxSplits: 1)
    let values = pair.count > 1 ? pair[1].split(separator: ",").map(String.init) : []
    guard !values.isEmpty else { throw OpGeneratorError("'\(word)' is not setting=value") }
    switch pair[0] {
    case "name": methodName = values[0]
    case "hide": hidden = Set(values)
    case "open": open = Set(values)
    case "label": labelled = Set(values)
    case "returns": resultNames = values
    default: throw OpGeneratorError("the setting '\(pair[0])' is not one of name, hide, open, label, returns")
    }
  }
}
