/// A setting with a fixed set of words.
public protocol SettingChoice: SettingValue, CaseIterable, RawRepresentable where RawValue == String {
  /// Further spellings that are read but not written.
  static var otherSpellings: [String: Self] { get }
}

extension SettingChoice {
  /// None.
  public static var otherSpellings: [String: Self] { [:] }

  /// `one of "a", "b"`.
  public static var expectation: String { "one of " + choices.map(\.quotedAsJSON).joined(separator: ", ") }

  /// The words, in the order of declaration.
  public static var choices: [String] { allCases.map(\.rawValue) }

  /// The case with this word, upper and lower case alike.
  public static func reading(_ node: JSONNode) -> SettingReading<Self> {
    guard let word = node.string?.lowercased() else { return .mismatch }
    if let match = allCases.first(where: { $0.rawValue.lowercased() == word }) { return .value(match) }
    return otherSpellings[word].map { .value($0) } ?? .mismatch
  }

  /// The word in quotes.
  public var text: String { rawValue.quotedAsJSON }
}
