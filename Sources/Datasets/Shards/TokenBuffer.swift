/// Token ids that a background thread appends and readers read as far as they have come.
///
/// For samples, `ends` tells where each one ends and `loss` which tokens are to be learnt.
final class TokenBuffer: Sendable {
  /// What one document or one sample adds.
  struct Piece: Sendable {
    var tokens: [Int32]
    /// One value a token; empty where every token is to be learnt.
    var loss: [UInt8] = []
    /// True if a sample ends here.
    var isSampleEnd = false
    /// True if the sample was longer than a row.
    var isCut = false
  }

  /// Samples of which something is not learnt because it does not fit into a row.
  struct Losses: Sendable, Equatable {
    var cutCount = 0
    var passedOverCount = 0
  }

  /// How far the background thread has come.
  struct Progress: Sendable, Equatable {
    var tokenCount: Int
    var sampleCount: Int
    /// Nothing will follow.
    var isComplete: Bool
  }

  private struct Content: Sendable {
    var tokens: [Int32] = []
    var loss: [UInt8] = []
    var ends: [Int] = []
    var losses = Losses()
    var end: Result<Void, any Error>?
    var progress: Progress {
      Progress(tokenCount: tokens.count, sampleCount: ends.count, isComplete: end != nil)
    }
  }

  private let content = Monitor(Content())

  func append(_ pieces: [Piece]) {
    content.withLock { content in
      for piece in pieces {
        content.tokens.append(contentsOf: piece.tokens)
        content.loss.append(contentsOf: piece.loss)
        if piece.isSampleEnd { content.ends.append(content.tokens.count) }
        if piece.isCut { content.losses.cutCount += 1 }
      }
    }
  }

  /// Counts a sample without anything to learn, of which no piece is appended.
  func passOver() {
    content.withLock { $0.losses.passedOverCount += 1 }
  }

  /// The samples that were cut and those that were passed over, so far.
  var losses: Losses {
    get { content.withLock { $0.losses } }
    set { content.withLock { $0.losses = newValue } }
  }

  func finish(_ end: Result<Void, any Error>) {
    content.withLock { $0.end = end }
  }

  /// Waits until so much is there or nothing will follow.
  ///
  /// - Throws: the background thread's error, `CancellationError`.
  func progress(
    tokens: Int = 0, samples: Int = 0, unless cancellation: Cancellation
  ) throws -> Progress {
    try content.wait(
      until: { $0.end != nil || ($0.tokens.count >= tokens && $0.ends.count >= samples) },
      unless: cancellation
    ) { content in
      // A fault anywhere in the file ends the run as soon as it is known, not when its row comes up hours
      // later.
      try content.end?.get()
      return content.progress
    }
  }

  /// The tokens of a range that `progress` has reported.
  func tokens(_ range: Range<Int>) -> [Int32] {
    content.withLock { Array($0.tokens[range]) }
  }

  /// Tokens and loss marks of a sample that `progress` has reported.
  func sample(_ index: Int) -> (tokens: [Int32], loss: [UInt8]) {
    content.withLock { content in
      let start = index == 0 ? 0 : content.ends[index - 1]
      let range = start..<content.ends[index]
      return (Array(content.tokens[range]), Array(content.loss[range]))
    }
  }

  /// Everything, once it is complete.
  func whole() -> (tokens: [Int32], loss: [UInt8], ends: [Int]) {
    content.withLock { ($0.tokens, $0.loss, $0.ends) }
  }
}
