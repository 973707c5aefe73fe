/// Turns a stream of token ids into pieces of text that are safe to show: no piece ends inside a character.
///
/// The pieces joined are what `Tokenizer.decode` makes of all ids. The one exception is output that is not
/// UTF-8 in the first place: `decode` gives up a whole run of byte tokens if any of it is wrong, and a
/// stream has shown the good part by then.
public struct StreamingDetokenizer: Sendable {
  private let tokenizer: Tokenizer
  private let skipSpecialTokens: Bool
  private var decoding: any IncrementalDecoding

  init(_ tokenizer: Tokenizer, skipSpecialTokens: Bool) {
    self.tokenizer = tokenizer
    self.skipSpecialTokens = skipSpecialTokens
    decoding =
      switch tokenizer.decoder {
      case .byteLevel: ByteLevelDecoding()
      case let decoder: MarkDecoding(decoder) ?? WindowDecoding(decoder)
      }
  }

  /// The text that this id completes; empty while a character is unfinished.
  ///
  /// - Complexity: Linear in the length of the token.
  public mutating func append(_ id: Int) -> String {
    guard let token = tokenizer.shownToken(of: id, skipSpecialTokens: skipSpecialTokens) else { return "" }
    return decoding.append(token.span)
  }

  /// What is left when the stream has ended: an unfinished character, as U+FFFD. The next id starts a new
  /// text.
  public mutating func finish() -> String { decoding.finish() }
}

extension Tokenizer {
  /// A detokenizer for one stream of ids.
  ///
  /// - Parameter skipSpecialTokens: Whether special tokens are left out.
  public func makeStream(skipSpecialTokens: Bool = true) -> StreamingDetokenizer {
    StreamingDetokenizer(self, skipSpecialTokens: skipSpecialTokens)
  }
}

/// Turns tokens into text one by one.
protocol IncrementalDecoding: Sendable {
  mutating func append(_ token: Span<UInt8>) -> String
  mutating func finish() -> String
}

/// The end of a byte stream: the bytes of a character that is not complete yet.
struct UnfinishedText: Sendable {
  private(set) var bytes: [UInt8] = []

  var isEmpty: Bool { bytes.isEmpty }

  mutating func append(_ more: [UInt8]) { bytes += more }

  /// Takes out all complete characters; bytes that can no longer become one are U+FFFD.
  mutating func takeComplete() -> String {
    let kept = Self.unfinishedCount(bytes)
    defer { bytes.removeFirst(bytes.count - kept) }
    return String(decoding: bytes[..<(bytes.count - kept)], as: UTF8.self)
  }

  mutating func takeAll() -> String {
    defer { bytes = [] }
    return String(decoding: bytes, as: UTF8.self)
  }

  mutating func removeAll() { bytes = [] }

  /// How many bytes at the end start a character and do not finish it.
  private static func unfinishedCount(_ bytes: [UInt8]) -> Int {
    for back in 1...3 where back <= bytes.count {
      let byte = bytes[bytes.count - back]
      if byte & 0xC0 == 0x80 { continue }
      let length = byte >= 0xF5 ? 1 : byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC2 ? 2 : 1
      guard length > back else { return 0 }
      return isPossible(Array(bytes.suffix(back))) ? back : 0
    }
    return 0
  }

  /// Whether the first two bytes of a character go together; there are pairs that start nothing.
  private static func isPossible(_ start: [UInt8]) -> Bool {
    guard start.count > 1 else { return true }
    switch start[0] {
    case 0xE0: return start[1] >= 0xA0
    case 0xED: return start[1] < 0xA0
    case 0xF0: return start[1] >= 0x90
    case 0xF4: return start[1] < 0x90
    default: return true
    }
  }
}

/// Decodes byte-level tokens, whose bytes join into characters.
struct ByteLevelDecoding: IncrementalDecoding {
  private var text = UnfinishedText()

  mutating func append(_ token: Span<UInt8>) -> String {
    var bytes: [UInt8] = []
    ByteAlphabet.appendBytes(writtenAs: token, to: &bytes)
    text.append(bytes)
    return text.takeComplete()
  }

  mutating func finish() -> String { text.takeAll() }
}
