/// A compiled regular expression that is matched against UTF-8 text.
///
/// Matching backtracks as Oniguruma and PCRE do, so that of several possible matches the same one is found. A
/// search that goes on for long starts to remember the states that failed, which keeps it from running away.
struct Pattern: Sendable {
  /// Instructions hold indices of sets rather than sets, so that reading one counts no references.
  enum Instruction: Sendable {
    case set(Int)
    /// As many scalars of the set as there are, then fewer.
    case run(Int)
    /// Go on at the first address, and at the second if that fails.
    case fork(Int, Int)
    case jump(Int)
    /// The code up to the address is a lookahead; `behind` says how many scalars before the position it
    /// starts.
    case look(end: Int, behind: Int, isNegated: Bool)
    case atomic(end: Int)
    case assert(PatternNode.Assertion)
    case succeed
  }

  private static let instructionLimit = 20_000
  /// After so many steps of one search, failed states are remembered.
  private static let patience = 2_000

  private(set) var code: [Instruction] = []
  private(set) var sets: [ScalarSet] = []
  private var hasEmptyLoops = false
  /// Whether a match may start with each ASCII character; the search passes over those that start none.
  private var isStart = [Bool](repeating: true, count: 128)

  /// - Throws: `TokenizerError` of kind `pattern`.
  init(_ pattern: String, path: String) throws(TokenizerError) {
    var parser = PatternParser(pattern, path: path)
    try emit(parser.parse(), path: path)
    code.append(.succeed)
    if let sets = startSets() {
      isStart = (0..<128).map { byte in sets.contains { $0.contains(Unicode.Scalar(UInt8(byte))) } }
    }
  }

  private mutating func emit(_ node: PatternNode, path: String) throws(TokenizerError) {
    guard code.count < Self.instructionLimit else {
      throw TokenizerError(.pattern, at: path, "the pattern is too long once its repetitions are written out")
    }
    switch node {
    case .set(let set): code.append(.set(index(of: set)))
    case .sequence(let parts): for part in parts { try emit(part, path: path) }
    case .alternatives(let branches): try emitAlternatives(branches, path: path)
    case .repetition(let body, let least, let most, let greed):
      if greed == .possessive {
        try emit(.atomic(.repetition(body, least: least, most: most, .greedy)), path: path)
      } else {
        try emitRepetition(body, least: least, most: most, isLazy: greed == .lazy, path: path)
      }
    case .look(let body, let isBehind, let isNegated):
      try emitLook(body, isBehind: isBehind, isNegated: isNegated, path: path)
    case .atomic(let body):
      let start = code.count
      code.append(.atomic(end: 0))
      try emit(body, path: path)
      code.append(.succeed)
      code[start] = .atomic(end: code.count)
    case .assertion(let assertion): code.append(.assert(assertion))
    }
  }

  private mutating func index(of set: ScalarSet) -> Int {
    if let index = sets.firstIndex(of: set) { return index }
    sets.append(set)
    return sets.count - 1
  }

  private mutating func emitAlternatives(_ branches: [PatternNode], path: String) throws(TokenizerError) {
    var jumps: [Int] = []
    for (index, branch) in branches.enumerated() {
      guard index < branches.count - 1 else {
        try emit(branch, path: path)
        break
      }
      let fork = code.count
      code.append(.fork(fork + 1, 0))
      try emit(branch, path: path)
      jumps.append(code.count)
      code.append(.jump(0))
      code[fork] = .fork(fork + 1, code.count)
    }
    for jump in jumps { code[jump] = .jump(code.count) }
  }

  private mutating func emitRepetition(
    _ body: PatternNode, least: Int, most: Int?, isLazy: Bool, path: String
  ) throws(TokenizerError) {
    if body.width ?? 0 == 0 { hasEmptyLoops = true }
    for _ in 0..<least { try emit(body, path: path) }
    func fork(_ address: Int, into start: Int, past end: Int) {
      code[address] = isLazy ? .fork(end, start) : .fork(start, end)
    }
    if most == nil, !isLazy, case .set(let set) = body {
      code.append(.run(index(of: set)))
      return
    }
    guard let most else {
      let start = code.count
      code.append(.jump(0))
      try emit(body, path: path)
      code.append(.jump(start))
      fork(start, into: start + 1, past: code.count)
      return
    }
    var forks: [Int] = []
    for _ in least..<max(least, most) {
      forks.append(code.count)
      code.append(.jump(0))
      try emit(body, path: path)
    }
    for address in forks { fork(address, into: address + 1, past: code.count) }
  }

  private mutating func emitLook(
    _ body: PatternNode, isBehind: Bool, isNegated: Bool, path: String
  ) throws(TokenizerError) {
    if isBehind, case .alternatives(let branches) = body, body.width == nil {
      // Branches of different widths start at different places, so that each is its own lookbehind.
      let looks = branches.map { PatternNode.look($0, isBehind: true, isNegated: isNegated) }
      try emit(isNegated ? .sequence(looks) : .alternatives(looks), path: path)
      return
    }
    let start = code.count
    code.append(.succeed)
    try emit(body, path: path)
    code.append(.succeed)
    code[start] = .look(end: code.count, behind: isBehind ? body.width ?? 0 : 0, isNegated: isNegated)
  }

  /// The end of the match that starts at `start`, if one does.
  func matchEnd(in text: Span<UInt8>, from start: Int) -> Int? { run(from: 0, text, at: start) }

  /// The first match that starts at `start` or after it.
  func firstMatch(in text: Span<UInt8>, from start: Int) -> Range<Int>? {
    var position = start
    while position <= text.count {
      if position < text.count, text[position] < 0x80, !isStart[Int(text[position])] {
        position += 1
        continue
      }
      if let end = matchEnd(in: text, from: position) { return position..<end }
      guard position < text.count else { return nil }
      position += text.scalar(at: position).length
    }
    return nil
  }

  private struct State: Hashable {
    var address: Int
    var position: Int
  }

  /// Where to go on after a failure; a run goes on one scalar earlier each time, down to its start.
  private struct Alternative {
    let state: State
    let runStart: Int
  }

  private func run(from address: Int, _ text: Span<UInt8>, at position: Int) -> Int? {
    var alternatives: [Alternative] = []
    var failed: Set<State> = []
    var state = State(address: address, position: position)
    var steps = 0
    while true {
      var next: State?
      switch code[state.address] {
      case .succeed: return state.position
      case .fork(let first, let second):
        steps += 1
        let isKnownToFail = (hasEmptyLoops || steps > Self.patience) && !failed.insert(state).inserted
        if !isKnownToFail {
          let other = State(address: second, position: state.position)
          alternatives.append(Alternative(state: other, runStart: state.position))
          next = State(address: first, position: state.position)
        }
      case .run(let set):
        let end = endOfRun(of: set, in: text, from: state.position)
        let all = State(address: state.address + 1, position: end)
        if end > state.position { alternatives.append(Self.shortened(all, runStart: state.position, text)) }
        next = all
      default: next = step(state, text)
      }
      if let next {
        state = next
      } else if let alternative = alternatives.popLast() {
        state = alternative.state
        if state.position > alternative.runStart {
          alternatives.append(Self.shortened(state, runStart: alternative.runStart, text))
        }
      } else {
        return nil
      }
    }
  }

  private func endOfRun(of set: Int, in text: Span<UInt8>, from start: Int) -> Int {
    var end = start
    while end < text.count {
      let decoded = text.scalar(at: end)
      guard sets[set].contains(decoded.scalar) else { break }
      end += decoded.length
    }
    return end
  }

  /// A run that gives its last scalar back.
  private static func shortened(_ state: State, runStart: Int, _ text: Span<UInt8>) -> Alternative {
    let position = state.position - text.scalar(before: state.position).length
    return Alternative(state: State(address: state.address, position: position), runStart: runStart)
  }

  /// The state after an instruction that does not branch, or nil if it fails.
  @inline(__always)
  private func step(_ state: State, _ text: Span<UInt8>) -> State? {
    switch code[state.address] {
    case .set(let set):
      guard state.position < text.count else { return nil }
      let decoded = text.scalar(at: state.position)
      guard sets[set].contains(decoded.scalar) else { return nil }
      return State(address: state.address + 1, position: state.position + decoded.length)
    case .jump(let target): return State(address: target, position: state.position)
    case .assert(let assertion):
      return holds(assertion, text, at: state.position)
        ? State(address: state.address + 1, position: state.position) : nil
    case .atomic(let end):
      return run(from: state.address + 1, text, at: state.position).map { State(address: end, position: $0) }
    case .look(let end, let behind, let isNegated):
      var start = state.position
      for _ in 0..<behind where start >= 0 {
        start = start == 0 ? -1 : start - text.scalar(before: start).length
      }
      let isMatch = start >= 0 && run(from: state.address + 1, text, at: start) != nil
      return isMatch != isNegated ? State(address: end, position: state.position) : nil
    case .fork, .run, .succeed: return nil
    }
  }

  private func holds(_ assertion: PatternNode.Assertion, _ text: Span<UInt8>, at position: Int) -> Bool {
    switch assertion {
    case .textStart: return position == 0
    case .textEnd: return position == text.count
    case .lineStart: return position == 0 || text[position - 1] == 0x0A
    case .lineEnd: return position == text.count || text[position] == 0x0A
    case .wordBoundary, .noWordBoundary:
      let isWordBefore = position > 0 && text.scalar(before: position).scalar.isWord
      let isWordAfter = position < text.count && text.scalar(at: position).scalar.isWord
      return (isWordBefore != isWordAfter) == (assertion == .wordBoundary)
    }
  }
}
