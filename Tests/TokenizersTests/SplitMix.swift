/// Random numbers and texts that are the same on every run (Steele, Lea and Flood 2014).
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }

  private static let characters: [String] = [
    "abcxyzst", "ABCXYZST", "0123456789", "     ", "\t\n\r\u{B}", ".,;!?'\"()/\\-_<>|[]{}", "'",
    "\u{E9}\u{DF}\u{130}\u{1C5}\u{17F}",
    "\u{A0}\u{2003}\u{3000}\u{85}\u{200B}", "\u{4E2D}\u{3042}\u{D55C}",
    "\u{301}\u{308}\u{20E3}\u{FE0F}\u{200D}",
    "\u{1F600}\u{1F1E9}", "\u{661}\u{BD}\u{2163}", "\u{627}\u{640}\u{64E}\u{939}\u{93F}",
    "\u{2B0}\u{2581}\u{AD}\u{E000}",
  ]
  private static let words = [
    "'s", "'LL", "'Ve", "don't", "the", " of", "  ", "\r\n", "<0x41>", "\u{2581}a", "<tag>",
  ]

  /// A short text of the kinds of characters that tokenizers tell apart.
  mutating func text() -> String {
    var text = ""
    for _ in 0..<Int.random(in: 1...12, using: &self) {
      if Int.random(in: 0..<4, using: &self) == 0 {
        text += Self.words.randomElement(using: &self) ?? ""
        continue
      }
      let scalars = Array((Self.characters.randomElement(using: &self) ?? "").unicodeScalars)
      for _ in 0..<Int.random(in: 1...4, using: &self) {
        if let scalar = scalars.randomElement(using: &self) { text.unicodeScalars.append(scalar) }
      }
    }
    return text
  }
}
