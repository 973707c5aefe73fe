/// Byte-pair encoding: a word is cut into its characters, and the pair with the lowest rank is merged until
/// no pair of neighbours has one.
///
/// Source: Sennrich, Haddow and Birch 2016, arXiv:1508.07909, algorithm 1; byte fallback and ranks taken from
/// scores as in SentencePiece (Kudo and Richardson 2018, arXiv:1808.06226).
struct BytePairModel: Sendable {
  struct Options: Sendable {
    /// The token of characters that are in no token; without one they are left out.
    var unknownID: Int32?
    /// Whether a run of unknown characters makes one unknown token.
    var fusesUnknown = false
    /// Whether an unknown character is written as its bytes' tokens `<0xNN>`.
    var fallsBackToBytes = false
    /// Whether a word that is a token as it stands is not taken apart.
    var ignoresMerges = false
    /// What a character that does not start its word is prefixed with in the vocabulary.
    var continuationPrefix: [UInt8] = []
    /// What the last character of a word ends with in the vocabulary.
    var endSuffix: [UInt8] = []
  }

  /// U+2581, which writes a space in SentencePiece vocabularies.
  static let spaceMark: [UInt8] = [0xE2, 0x96, 0x81]

  let vocabulary: Vocabulary
  let pairs: PairTable
  let options: Options
  /// Whether words come as raw bytes and the vocabulary writes them in `ByteAlphabet`.
  let isByteLevel: Bool
  /// No merge reaches over the start of a run of space marks, so that a long text may be cut there.
  private let cutsAtSpaceMarks: Bool
  /// The id of each byte's character in a byte-level vocabulary, -1 where it has none.
  private let symbolIDs: [Int32]
  /// The ids of `<0x00>` to `<0xFF>`, -1 where absent.
  private let fallbackIDs: [Int32]

  init(vocabulary: Vocabulary, pairs: PairTable, options: Options, isByteLevel: Bool, mergedTokens: [Int32]) {
    self.vocabulary = vocabulary
    self.pairs = pairs
    self.options = options
    self.isByteLevel = isByteLevel
    symbolIDs = (0...255).map { vocabulary.id(of: String(ByteAlphabet.character(of: $0))) }
    fallbackIDs = (0...255).map { vocabulary.id(of: Self.byteToken($0)) }
    cutsAtSpaceMarks =
      !isByteLevel && !options.ignoresMerges && options.continuationPrefix.isEmpty
      && options.endSuffix.isEmpty
      && vocabulary.id(of: Self.spaceMark) >= 0
      && !mergedTokens.contains { id in
        let token = vocabulary.bytes(of: Int(id)) ?? []
        return Self.startOfSpaceMarks(token.span, after: 0) != token.count
      }
  }

  /// The token that stands for one byte of a character outside the vocabulary.
  static func byteToken(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return "<0x" + (digits.count < 2 ? "0" : "") + digits + ">"
  }

  /// Where the first run of space marks behind other text starts, or the end.
  private static func startOfSpaceMarks(_ text: Span<UInt8>, after start: Int) -> Int {
    var index = start
    while text.isEqual(to: spaceMark, from: index) { index += spaceMark.count }
    while index < text.count, !text.isEqual(to: spaceMark, from: index) { index += 1 }
    return index
  }

  /// Appends the tokens of one word.
  func encode(_ word: Span<UInt8>, using cache: inout WordCache, into output: inout [Int]) {
    guard cutsAtSpaceMarks else {
      encodeWhole(word, using: &cache, into: &output)
      return
    }
    var start = 0
    while start < word.count {
      let end = Self.startOfSpaceMarks(word, after: start)
      encodeWhole(word.extracting(start..<end), using: &cache, into: &output)
      start = end
    }
  }

  @inline(__always)
  private func encodeWhole(_ word: Span<UInt8>, using cache: inout WordCache, into output: inout [Int]) {
    guard word.count <= WordCache.wordLengthLimit else {
      merge(word, using: &cache.merging, into: &output)
      return
    }
    let hash = word.hash
    if cache.appendTokens(of: word, hash: hash, to: &output) { return }
    let start = output.count
    merge(word, using: &cache.merging, into: &output)
    cache.insert(word, hash: hash, tokens: output[start...])
  }

  private func merge(_ word: Span<UInt8>, using buffer: inout MergeBuffer, into output: inout [Int]) {
    if options.ignoresMerges {
      let id = isByteLevel ? vocabulary.id(of: ByteAlphabet.written(word)) : vocabulary.id(of: word)
      if id >= 0 {
        output.append(Int(id))
        return
      }
    }
    buffer.removeAll()
    appendSymbols(of: word, to: &buffer)
    buffer.applyMerges(pairs)
    for id in buffer.ids { output.append(Int(id)) }
  }

  private func appendSymbols(of word: Span<UInt8>, to buffer: inout MergeBuffer) {
    var pendingUnknown: Int32?
    var index = 0
    while index < word.count {
      let length = isByteLevel ? 1 : word.scalar(at: index).length
      let id = symbolID(of: word, from: index, length: length)
      if id >= 0 {
        if let unknown = pendingUnknown { buffer.append(unknown) }
        pendingUnknown = nil
        buffer.append(id)
      } else if !appendFallback(of: word, from: index, length: length, to: &buffer) {
        if let unknown = pendingUnknown, !options.fusesUnknown { buffer.append(unknown) }
        pendingUnknown = options.unknownID
      }
      index += length
    }
    if let unknown = pendingUnknown { buffer.append(unknown) }
  }

  @inline(__always)
  private func symbolID(of word: Span<UInt8>, from index: Int, length: Int) -> Int32 {
    if options.continuationPrefix.isEmpty, options.endSuffix.isEmpty {
      return isByteLevel
        ? symbolIDs[Int(word[index])] : vocabulary.id(of: word.extracting(index..<index + length))
    }
    var symbol = index > 0 ? options.continuationPrefix : []
    let characters = word.extracting(index..<index + length)
    symbol += isByteLevel ? ByteAlphabet.written(characters) : characters.copied()
    if index + length == word.count { symbol += options.endSuffix }
    return vocabulary.id(of: symbol)
  }

  /// - Returns: Whether every byte of the character has a token.
  private func appendFallback(
    of word: Span<UInt8>, from index: Int, length: Int, to buffer: inout MergeBuffer
  ) -> Bool {
    guard options.fallsBackToBytes else { return false }
    let character = word.extracting(index..<index + length)
    let bytes = isByteLevel ? ByteAlphabet.written(character) : character.copied()
    guard bytes.allSatisfy({ fallbackIDs[Int($0)] >= 0 }) else { return false }
    for byte in bytes { buffer.append(fallbackIDs[Int(byte)]) }
    return true
  }
}
