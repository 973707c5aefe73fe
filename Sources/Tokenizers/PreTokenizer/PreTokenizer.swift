/// The second stage: cuts a text into the words that the model encodes one by one.
indirect enum PreTokenizer: Sendable {
  /// Adds a space before a text that has none, and cuts it into words as GPT-2 does.
  case byteLevel(addsPrefixSpace: Bool, usesPattern: Bool)
  /// Writes the bytes of each piece in the byte-level alphabet; only needed where a later stage looks at
  /// them.
  case byteAlphabet
  case words(WordPattern)
  case split(TextPattern, SplitBehavior, isInverted: Bool)
  case digits(areIndividual: Bool)
  case whitespace
  case whitespaceSplit
  case punctuation(SplitBehavior)
  case metaspace(Metaspace)
  case delimiter(Unicode.Scalar)
  case bert
  case fixedLength(Int)
  case sequence([PreTokenizer])

  /// What takes the pieces; the flag says that the piece starts where the whole input starts.
  typealias Sink = (_ piece: Span<UInt8>, _ isFirst: Bool) -> Void

  /// Cuts `text` and hands the pieces to `emit` from left to right; none is empty.
  func split(_ text: Span<UInt8>, isFirst: Bool, _ emit: Sink) {
    if text.count == 0 { return }
    switch self {
    case .byteLevel(let addsPrefixSpace, let usesPattern):
      guard addsPrefixSpace, text[0] != 0x20 else {
        return Self.splitWords(text, usesPattern ? .gpt2 : nil, isFirst, emit)
      }
      let prefixed = [0x20] + text.copied()
      Self.splitWords(prefixed.span, usesPattern ? .gpt2 : nil, isFirst, emit)
    case .byteAlphabet: emit(ByteAlphabet.written(text).span, isFirst)
    case .words(let pattern): Self.splitWords(text, pattern, isFirst, emit)
    case .split(let pattern, let behavior, let isInverted):
      var matches: [Range<Int>] = []
      pattern.forEachMatch(in: text) { matches.append($0) }
      Self.emitPieces(
        behavior.pieces(length: text.count, matches: matches, isInverted: isInverted), of: text, isFirst, emit
      )
    case .digits(let areIndividual):
      Self.splitScalars(text, areIndividual ? .isolated : .contiguous, isFirst, emit) { $0.isNumber }
    case .whitespace: Self.splitRuns(text, isFirst, emit)
    case .whitespaceSplit: Self.splitScalars(text, .removed, isFirst, emit) { ScalarClass($0).isSpace }
    case .punctuation(let behavior): Self.splitScalars(text, behavior, isFirst, emit) { $0.isPunctuation }
    case .metaspace(let metaspace): metaspace.split(text, isFirst: isFirst, emit)
    case .delimiter(let delimiter): Self.splitScalars(text, .removed, isFirst, emit) { $0 == delimiter }
    case .bert:
      Self.splitScalars(
        text, .removed, isFirst,
        { piece, isFirst in
          Self.splitScalars(piece, .isolated, isFirst, emit) { $0.isPunctuation }
        }
      ) { ScalarClass($0).isSpace }
    case .fixedLength(let length): Self.splitLengths(text, length, isFirst, emit)
    case .sequence(let stages): Self.run(stages[...], text, isFirst, emit)
    }
  }

  private static func run(
    _ stages: ArraySlice<PreTokenizer>, _ text: Span<UInt8>, _ isFirst: Bool, _ emit: Sink
  ) {
    guard let stage = stages.first else { return emit(text, isFirst) }
    if stages.count == 1 { return stage.split(text, isFirst: isFirst, emit) }
    let rest = stages.dropFirst()
    stage.split(text, isFirst: isFirst) { run(rest, $0, $1, emit) }
  }

  private static func splitWords(_ text: Span<UInt8>, _ pattern: WordPattern?, _ isFirst: Bool, _ emit: Sink)
  {
    guard let pattern else { return emit(text, isFirst) }
    var start = 0
    while start < text.count {
      let end = pattern.end(in: text, from: start)
      emit(text.extracting(start..<end), isFirst && start == 0)
      start = end
    }
  }

  static func emitPieces(_ pieces: [Range<Int>], of text: Span<UInt8>, _ isFirst: Bool, _ emit: Sink) {
    for piece in pieces { emit(text.extracting(piece), isFirst && piece.lowerBound == 0) }
  }

  /// Cuts at single scalars of one kind. Isolating and removing need no list of matches.
  private static func splitScalars(
    _ text: Span<UInt8>, _ behavior: SplitBehavior, _ isFirst: Bool, _ emit: Sink,
    _ isCut: (Unicode.Scalar) -> Bool
  ) {
    var matches: [Range<Int>] = []
    var start = 0
    var index = 0
    while index < text.count {
      let decoded = text.scalar(at: index)
      let end = index + decoded.length
      if isCut(decoded.scalar) {
        if behavior == .isolated || behavior == .removed {
          if start < index { emit(text.extracting(start..<index), isFirst && start == 0) }
          if behavior == .isolated { emit(text.extracting(index..<end), isFirst && index == 0) }
          start = end
        } else {
          matches.append(index..<end)
        }
      }
      index = end
    }
    if behavior == .isolated || behavior == .removed {
      if start < text.count { emit(text.extracting(start..<text.count), isFirst && start == 0) }
    } else {
      emitPieces(
        behavior.pieces(length: text.count, matches: matches, isInverted: false), of: text, isFirst, emit)
    }
  }

  /// Keeps the runs of word characters and the runs of what is neither word nor white space.
  private static func splitRuns(_ text: Span<UInt8>, _ isFirst: Bool, _ emit: Sink) {
    func kind(_ scalar: Unicode.Scalar) -> Int { scalar.isWord ? 1 : ScalarClass(scalar).isSpace ? 0 : 2 }
    var start = 0
    var current = 0
    var index = 0
    while index < text.count {
      let decoded = text.scalar(at: index)
      let next = kind(decoded.scalar)
      if next != current {
        if current != 0 { emit(text.extracting(start..<index), isFirst && start == 0) }
        start = index
        current = next
      }
      index += decoded.length
    }
    if current != 0 { emit(text.extracting(start..<index), isFirst && start == 0) }
  }

  private static func splitLengths(_ text: Span<UInt8>, _ length: Int, _ isFirst: Bool, _ emit: Sink) {
    var start = 0
    while start < text.count {
      var end = start
      for _ in 0..<length where end < text.count { end += text.scalar(at: end).length }
      emit(text.extracting(start..<end), isFirst && start == 0)
      start = end
    }
  }
}
