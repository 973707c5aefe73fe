import Testing

/// Something wrong that a user may give, and the words by which the one error must name it.
struct BadInput: Sendable, CustomTestStringConvertible {
  let name: String
  let words: [String]
  let prepare: @Sendable (Workspace) throws -> Invocation

  init(_ name: String, _ words: String..., prepare: @escaping @Sendable (Workspace) throws -> Invocation) {
    self.name = name
    self.words = words
    self.prepare = prepare
  }

  var testDescription: String { name }

  /// What no user may ever see.
  static let traces = [
    "Fatal error", "Backtrace", "Stack dump", "frame #", "terminate called", "Assertion", "*** Signal",
  ]

  /// Runs it: one error with the words, a code that is not 0, no signal, no trace, in time.
  func check() throws {
    let work = try Workspace()
    try Self.check(try work.run(try prepare(work)), words: words)
  }

  /// - Parameter complaints: how many error lines there are; several ranks and the launcher have one each.
  static func check(_ outcome: Outcome, words: [String], complaints: ClosedRange<Int> = 1...1) throws {
    let text = outcome.transcript
    #expect(!outcome.isLate, "it did not end: \(text)")
    #expect(outcome.signal == 0, "a signal ended it: \(text)")
    #expect(outcome.exitCode != 0, "it succeeded: \(text)")
    for word in words { #expect(outcome.errors.contains(word), "no '\(word)' in: \(text)") }
    for trace in traces { #expect(!outcome.errors.contains(trace), "a trace: \(text)") }
    #expect(complaints.contains(outcome.complaints.count), "not one error: \(text)")
  }
}
