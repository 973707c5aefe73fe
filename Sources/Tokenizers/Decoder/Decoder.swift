/// Turns tokens back into text: each stage rewrites the list of tokens, and the result is joined.
indirect enum Decoder: Sendable {
  case byteLevel
  case byteFallback
  case metaspace(mark: [UInt8], dropsFirst: Bool)
  case fuse
  case strip(Unicode.Scalar, start: Int, stop: Int)
  case replace(TextPattern, with: [UInt8])
  case suffix([UInt8])
  case wordPiece(prefix: [UInt8], cleansUp: Bool)
  case ctc(CTCDecoder)
  case sequence([Decoder])

  static let replacementCharacter: [UInt8] = [0xEF, 0xBF, 0xBD]

  /// The rewritten tokens.
  func decode(_ tokens: [[UInt8]]) -> [[UInt8]] {
    switch self {
    case .byteLevel:
      var bytes: [UInt8] = []
      for token in tokens { ByteAlphabet.appendBytes(writtenAs: token.span, to: &bytes) }
      return [Array(String(decoding: bytes, as: UTF8.self).utf8)]
    case .byteFallback: return Self.joiningBytes(tokens)
    case .metaspace(let mark, let dropsFirst):
      return tokens.enumerated().map { index, token in
        Self.replacing(mark, in: token, with: index == 0 && dropsFirst ? [] : [0x20])
      }
    case .fuse: return [Array(tokens.joined())]
    case .strip(let scalar, let start, let stop):
      return tokens.map { Self.stripped($0, of: scalar, start: start, stop: stop) }
    case .replace(let pattern, let content):
      return tokens.map { pattern.replacing(in: $0.span, with: content) }
    case .suffix(let suffix):
      return tokens.enumerated().map { index, token in
        Self.replacing(suffix, in: token, with: index == tokens.count - 1 ? [] : [0x20])
      }
    case .wordPiece(let prefix, let cleansUp):
      return Self.joiningWordPieces(tokens, prefix: prefix, cleansUp: cleansUp)
    case .ctc(let ctc): return ctc.decode(tokens)
    case .sequence(let stages): return stages.reduce(tokens) { $1.decode($0) }
    }
  }

  static func replacing(_ part: [UInt8], in token: [UInt8], with content: [UInt8]) -> [UInt8] {
    TextPattern.literal(part).replacing(in: token.span, with: content)
  }

  /// The byte that a token such as `<0x0A>` stands for.
  static func fallbackByte(_ token: Span<UInt8>) -> UInt8? {
    guard token.count == 6, token[0] == UInt8(ascii: "<"), token[1] == UInt8(ascii: "0"),
      token[2] == UInt8(ascii: "x"), token[5] == UInt8(ascii: ">")
    else { return nil }
    return UInt8(String(decoding: [token[3], token[4]], as: UTF8.self), radix: 16)
  }

  /// Joins runs of byte tokens into characters; a run that is no UTF-8 becomes one U+FFFD a byte.
  private static func joiningBytes(_ tokens: [[UInt8]]) -> [[UInt8]] {
    var result: [[UInt8]] = []
    var run: [UInt8] = []
    func endRun() {
      if run.isEmpty { return }
      if String(validating: run, as: UTF8.self) != nil {
        result.append(run)
      } else {
        for _ in run { result.append(replacementCharacter) }
      }
      run = []
    }
    for token in tokens {
      if let byte = fallbackByte(token.span) {
        run.append(byte)
      } else {
        endRun()
        result.append(token)
      }
    }
    endRun()
    return result
  }

  private static func stripped(_ token: [UInt8], of scalar: Unicode.Scalar, start: Int, stop: Int) -> [UInt8]
  {
    let scalars = Array(String(decoding: token, as: UTF8.self).unicodeScalars)
    let startCut = scalars.prefix(max(0, start)).prefix { $0 == scalar }.count
    let stopCut = scalars.suffix(max(0, stop)).reversed().prefix { $0 == scalar }.count
    guard startCut + stopCut < scalars.count else { return [] }
    var result: [UInt8] = []
    for kept in scalars[startCut..<scalars.count - stopCut] { result.append(kept) }
    return result
  }

  private static func joiningWordPieces(_ tokens: [[UInt8]], prefix: [UInt8], cleansUp: Bool) -> [[UInt8]] {
    tokens.enumerated().map { index, token in
      var piece = token
      if index > 0 {
        piece = token.starts(with: prefix) ? Array(token.dropFirst(prefix.count)) : [0x20] + token
      }
      return cleansUp ? cleanedUp(piece) : piece
    }
  }

  /// Takes out the spaces that English does not put before punctuation and contractions.
  static func cleanedUp(_ text: [UInt8]) -> [UInt8] {
    let rules = [
      (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"),
      (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ]
    return rules.reduce(text) { replacing(Array($1.0.utf8), in: $0, with: Array($1.1.utf8)) }
  }
}

/// Joins the output of connectionist temporal classification: repeats and padding go, delimiters become
/// spaces.
struct CTCDecoder: Sendable {
  var padding: [UInt8]
  var delimiter: [UInt8]
  var cleansUp: Bool

  func decode(_ tokens: [[UInt8]]) -> [[UInt8]] {
    var result: [[UInt8]] = []
    var previous: [UInt8]?
    for token in tokens where token != previous {
      previous = token
      var piece = Decoder.replacing(padding, in: token, with: [])
      if cleansUp { piece = Decoder.replacing(delimiter, in: Decoder.cleanedUp(piece), with: [0x20]) }
      if !piece.isEmpty { result.append(piece) }
    }
    return result
  }
}
