/// The rows of a two-dimensional `.npy` file, one sample a row.
///
/// A row of `T` tokens gives `T` inputs; its first token is never predicted and its last predicts nothing, so
/// that the loss is on positions 1 and up.
final class NumpyRows: RowSource {
  let fingerprint: String
  var path: String { tokens.file.path }
  private let tokens: NumpyTokens
  private let vocabularySize: Int
  private var rowCount: Int { tokens.header.shape[0] }
  private var rowLength: Int { tokens.header.shape[1] }

  /// - Throws: `DatasetError` if there is nothing to learn, rows exceed `sequenceLength` or ids the
  ///   vocabulary.
  init(_ tokens: NumpyTokens, sequenceLength: Int?, vocabularySize: Int, contentFingerprint: String) throws {
    let shape = tokens.header.shape
    guard shape[0] > 0, shape[1] >= 2 else {
      throw DatasetError(
        .tooFewTokens, file: tokens.file.path, found: "shape \(shape)",
        expected: "at least 1 row of at least 2 tokens")
    }
    if let sequenceLength, shape[1] > sequenceLength {
      throw DatasetError(
        .malformed, file: tokens.file.path, found: "rows of \(shape[1]) tokens",
        expected: "at most the sequence length \(sequenceLength); raise it, or cut the rows")
    }
    try tokens.checkBeginning(vocabularySize: vocabularySize)
    self.tokens = tokens
    self.vocabularySize = vocabularySize
    fingerprint = "rows \(shape[1]) \(contentFingerprint)"
  }

  func availability(atLeast count: Int, unless cancellation: Cancellation) -> RowAvailability {
    RowAvailability(count: rowCount, isComplete: true)
  }

  func row(_ index: Int) throws -> TokenRow {
    let start = index * rowLength
    let ids = tokens.read(start..<start + rowLength)
    try tokens.check(ids, from: start, vocabularySize: vocabularySize)
    let inputs = ids.map(Int32.init)
    return TokenRow(tokens: inputs, labels: inputs.dropFirst() + [TokenRow.ignoredLabel])
  }
}

/// The samples of a `.jsonl` file, each a row of its own length.
final class SampleRows: RowSource {
  let fingerprint: String
  var path: String { file.file.path }
  var losses: TokenBuffer.Losses { file.buffer.losses }
  private let file: TokenizedFile

  init(_ file: TokenizedFile, sequenceLength: Int, contentFingerprint: String) {
    self.file = file
    fingerprint = "samples \(sequenceLength) \(contentFingerprint)"
  }

  func availability(atLeast count: Int, unless cancellation: Cancellation) throws -> RowAvailability {
    let progress = try file.buffer.progress(samples: count, unless: cancellation)
    return RowAvailability(count: progress.sampleCount, isComplete: progress.isComplete)
  }

  func row(_ index: Int) -> TokenRow {
    let sample = file.buffer.sample(index)
    return TokenRow(predicting: sample.tokens, loss: sample.loss)
  }
}
