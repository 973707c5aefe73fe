/// Decodes SentencePiece tokens: marks are spaces, `<0xNN>` are bytes, and a space that was put before the
/// text is taken away.
struct MarkDecoding: IncrementalDecoding {
  private var mark: [UInt8] = []
  private var space: [UInt8] = []
  private var joinsBytes = false
  /// How many spaces the start of the text loses.
  private var strippedCount = 0
  /// Whether the marks of the first token are dropped rather than made spaces.
  private var dropsFirstMarks = false

  private var run = UnfinishedText()
  private var isAtFirstToken = true
  private var strippable = 0

  /// Nil if the decoder is of another kind.
  init?(_ decoder: Decoder?) {
    let stages: [Decoder]
    switch decoder {
    case .sequence(let all): stages = all
    case let single?: stages = [single]
    case nil: return nil
    }
    var isFused = false
    for stage in stages {
      switch stage {
      case .replace(.literal(let mark), let space) where self.mark.isEmpty && !mark.isEmpty:
        self.mark = mark
        self.space = space
      case .metaspace(let mark, let dropsFirst) where self.mark.isEmpty:
        self.mark = mark
        space = [0x20]
        dropsFirstMarks = dropsFirst
      case .byteFallback: joinsBytes = true
      case .fuse: isFused = true
      case .strip(" ", let start, 0) where isFused: strippedCount = start
      default: return nil
      }
    }
    if mark.isEmpty { return nil }
    strippable = strippedCount
  }

  mutating func append(_ token: Span<UInt8>) -> String {
    defer { isAtFirstToken = false }
    if joinsBytes, let byte = Decoder.fallbackByte(token) {
      run.append([byte])
      return shown(run.takeComplete())
    }
    let broken = endOfRun()
    let text = Decoder.replacing(
      mark, in: token.copied(), with: isAtFirstToken && dropsFirstMarks ? [] : space)
    return shown(broken + String(decoding: text, as: UTF8.self))
  }

  mutating func finish() -> String {
    let rest = shown(endOfRun())
    isAtFirstToken = true
    strippable = strippedCount
    return rest
  }

  /// The bytes of a character that will never be complete, one U+FFFD each.
  private mutating func endOfRun() -> String {
    defer { run.removeAll() }
    return String(repeating: "\u{FFFD}", count: run.bytes.count)
  }

  /// The text without the spaces that are taken from the start.
  private mutating func shown(_ text: String) -> String {
    guard strippable > 0, !text.isEmpty else { return text }
    var rest = text.unicodeScalars[...]
    while strippable > 0, rest.first == " " {
      rest.removeFirst()
      strippable -= 1
    }
    if !rest.isEmpty { strippable = 0 }
    return String(rest)
  }
}
