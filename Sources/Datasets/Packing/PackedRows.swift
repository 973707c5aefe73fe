/// Tokens one after another, as rows are cut from them.
protocol TokenStream: AnyObject, Sendable {
  /// The file, for messages.
  var path: String { get }

  /// Waits until so many tokens are there, or nothing will follow.
  ///
  /// - Returns: the tokens that can be read and whether no more will follow.
  func availability(atLeast count: Int, unless cancellation: Cancellation) throws -> (
    count: Int, isComplete: Bool
  )

  /// Tokens that `availability` has reported.
  func read(_ range: Range<Int>) throws -> [Int32]
}

/// A stream of tokens cut into rows of `sequenceLength` inputs.
///
/// Row `i` has the inputs `i L ..< (i + 1) L` and as targets the tokens one place later, so that every token
/// but the first is learnt exactly once. Documents follow each other with an end token between; the last row
/// may be shorter.
final class PackedRows: RowSource {
  let fingerprint: String
  var path: String { stream.path }
  private let stream: any TokenStream
  private let sequenceLength: Int

  init(_ stream: any TokenStream, sequenceLength: Int, contentFingerprint: String) {
    self.stream = stream
    self.sequenceLength = sequenceLength
    fingerprint = "packed \(sequenceLength) \(contentFingerprint)"
  }

  func availability(atLeast count: Int, unless cancellation: Cancellation) throws -> RowAvailability {
    let needed = count.multipliedReportingOverflow(by: sequenceLength)
    let tokens = try stream.availability(
      atLeast: needed.overflow || needed.partialValue == Int.max ? Int.max : needed.partialValue + 1,
      unless: cancellation)
    let predicted = max(0, tokens.count - 1)
    let rows =
      tokens.isComplete ? (predicted + sequenceLength - 1) / sequenceLength : predicted / sequenceLength
    return RowAvailability(count: rows, isComplete: tokens.isComplete)
  }

  func row(_ index: Int) throws -> TokenRow {
    let start = index * sequenceLength
    let tokens = try stream.availability(atLeast: start + sequenceLength + 1, unless: Cancellation())
    return TokenRow(predicting: try stream.read(start..<min(start + sequenceLength + 1, tokens.count)))
  }
}

/// The tokens of a one-dimensional `.npy` file.
final class NumpyStream: TokenStream {
  private let tokens: NumpyTokens
  private let vocabularySize: Int
  var path: String { tokens.file.path }

  /// - Throws: `DatasetError` if the file has under 2 tokens or ids beyond the vocabulary.
  init(_ tokens: NumpyTokens, vocabularySize: Int) throws {
    guard tokens.count >= 2 else {
      throw DatasetError(
        .tooFewTokens, file: tokens.file.path, found: "\(tokens.count) tokens", expected: "at least 2")
    }
    try tokens.checkBeginning(vocabularySize: vocabularySize)
    self.tokens = tokens
    self.vocabularySize = vocabularySize
  }

  func availability(atLeast count: Int, unless cancellation: Cancellation) -> (count: Int, isComplete: Bool) {
    (tokens.count, true)
  }

  func read(_ range: Range<Int>) throws -> [Int32] {
    let ids = tokens.read(range)
    try tokens.check(ids, from: range.lowerBound, vocabularySize: vocabularySize)
    return ids.map(Int32.init)
  }
}

extension TokenizedFile: TokenStream {
  var path: String { file.path }

  func availability(
    atLeast count: Int, unless cancellation: Cancellation
  ) throws -> (count: Int, isComplete: Bool) {
    let progress = try buffer.progress(tokens: count, unless: cancellation)
    return (progress.tokenCount, progress.isComplete)
  }

  func read(_ range: Range<Int>) -> [Int32] {
    buffer.tokens(range)
  }
}
