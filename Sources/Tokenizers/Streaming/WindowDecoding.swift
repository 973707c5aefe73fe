/// Decodes with any decoder, by decoding the last few tokens again and showing what they add.
struct WindowDecoding: IncrementalDecoding {
  private let decoder: Decoder?
  private var tokens: [[UInt8]] = []
  /// How many of the tokens have been shown, and what they decode to.
  private var shownCount = 0
  private var shownText: [UInt8] = []

  init(_ decoder: Decoder?) { self.decoder = decoder }

  mutating func append(_ token: Span<UInt8>) -> String {
    tokens.append(token.copied())
    let text = decoded(tokens)
    let isUnfinished = text.suffix(3).elementsEqual(Decoder.replacementCharacter)
    guard text.count > shownText.count, !isUnfinished, text.starts(with: shownText) else { return "" }
    let new = String(decoding: text.dropFirst(shownText.count), as: UTF8.self)
    tokens.removeFirst(shownCount)
    shownCount = tokens.count
    shownText = decoded(tokens)
    return new
  }

  mutating func finish() -> String {
    let rest = decoded(tokens).dropFirst(shownText.count)
    tokens = []
    shownCount = 0
    shownText = []
    return String(decoding: rest, as: UTF8.self)
  }

  private func decoded(_ tokens: [[UInt8]]) -> [UInt8] {
    guard let decoder else { return Array(tokens.joined(separator: [0x20])) }
    return Array(decoder.decode(tokens).joined())
  }
}
