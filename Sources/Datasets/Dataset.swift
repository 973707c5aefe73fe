/// A data file as rows of tokens.
///
/// - `.txt`: the text as one stream, cut into rows.
/// - `.jsonl` with `text`: the documents as one stream with an end token behind each, cut into rows.
/// - `.jsonl` with `prompt` and `completion`, or `messages`: one row a line, loss on the answers.
/// - `.npy`, one dimension: a stream of tokens; two dimensions: one sample a row.
///
/// Text is tokenised by a background thread while the first rows are already in use.
public final class Dataset: Sendable {
  /// The file.
  public var path: String { rows.path }
  /// Equal for equal rows in equal order, to recognise the data when a run is resumed.
  public var fingerprint: String { rows.fingerprint }
  let rows: any RowSource
  let padding: Int32

  /// Opens a data file.
  ///
  /// - Parameters:
  ///   - path: a `.txt`, `.jsonl` or `.npy` file.
  ///   - sequenceLength: tokens of a row. Rows of a two-dimensional array keep their own length up to this.
  ///   - encoding: the model's tokenizer; for arrays only its vocabulary size is used.
  ///   - cacheFolder: where tokenised text is kept for the next start; nil keeps none.
  /// - Throws: `DatasetError` for what can be seen at once; the rest appears when rows are read.
  public init(path: String, sequenceLength: Int, encoding: TextEncoding, cacheFolder: String? = nil) throws {
    guard sequenceLength >= 1 else {
      throw DatasetError(
        .malformed, file: path, found: "a sequence length of \(sequenceLength)", expected: "at least 1")
    }
    let file = try DataFile(path: path)
    let content = ContentHash.fingerprint(of: file).text
    padding = Int32(clamping: encoding.endToken ?? 0)
    if path.hasSuffix(".npy") {
      rows = try Self.rows(
        NumpyTokens(file: file), sequenceLength: sequenceLength, vocabularySize: encoding.vocabularySize,
        content: content)
    } else if path.hasSuffix(".txt") || path.hasSuffix(".jsonl") {
      let cache = cacheFolder.map {
        TokenCache(parent: $0, file: file, sequenceLength: sequenceLength, encoding: encoding)
      }
      let tokenized = try TokenizedFile(
        file: file, sequenceLength: sequenceLength, encoding: encoding, cache: cache)
      let fingerprint = "\(content) \(encoding.identity)"
      rows =
        tokenized.isSampled
        ? SampleRows(tokenized, sequenceLength: sequenceLength, contentFingerprint: fingerprint)
        : PackedRows(tokenized, sequenceLength: sequenceLength, contentFingerprint: fingerprint)
    } else {
      throw DatasetError(
        .unsupported, file: path, found: "a file of another kind",
        expected: "a name ending in .txt, .jsonl or .npy")
    }
  }

  private static func rows(
    _ tokens: NumpyTokens, sequenceLength: Int, vocabularySize: Int, content: String
  ) throws -> any RowSource {
    if tokens.header.shape.count == 2 {
      return try NumpyRows(
        tokens, sequenceLength: sequenceLength, vocabularySize: vocabularySize, contentFingerprint: content)
    }
    return PackedRows(
      try NumpyStream(tokens, vocabularySize: vocabularySize), sequenceLength: sequenceLength,
      contentFingerprint: content)
  }

  /// The number of rows. Waits until the whole file is tokenised.
  ///
  /// - Throws: `DatasetError`, what the tokenizer throws.
  public func rowCount() throws -> Int {
    try rowCount(unless: Cancellation())
  }

  func rowCount(unless cancellation: Cancellation) throws -> Int {
    let count = try rows.availability(atLeast: Int.max, unless: cancellation).count
    guard count > 0 else { throw tooFew() }
    return count
  }

  /// The number of rows, and what is lost of samples that do not fit into one. Waits until the whole file is
  /// tokenised.
  ///
  /// - Throws: `DatasetError`, what the tokenizer throws.
  public func summary() throws -> DatasetSummary {
    let count = try rowCount()
    let losses = rows.losses
    return DatasetSummary(
      rowCount: count, cutSampleCount: losses.cutCount, passedOverSampleCount: losses.passedOverCount)
  }

  /// A row, waiting until it is tokenised.
  ///
  /// - Throws: `DatasetError`, what the tokenizer throws.
  public func row(_ index: Int) throws -> TokenRow {
    let available = try rows.availability(atLeast: index + 1, unless: Cancellation())
    precondition(index >= 0 && index < available.count, "row \(index) of \(available.count)")
    return try rows.row(index)
  }

  /// The number of rows, or nil while the file is still being tokenised. Waits for nothing.
  ///
  /// - Throws: `DatasetError`, what the tokenizer throws.
  public func knownRowCount() throws -> Int? {
    let available = try rows.availability(atLeast: 0, unless: Cancellation())
    return available.isComplete ? available.count : nil
  }

  /// Whether there are at least so many rows. Waits until that is known, and no longer.
  ///
  /// - Throws: `DatasetError`, what the tokenizer throws.
  public func hasRows(_ count: Int) throws -> Bool {
    try rows.availability(atLeast: count, unless: Cancellation()).count >= count
  }

  func tooFew(rows: Int, forBatchesOf size: Int) -> DatasetError {
    DatasetError(
      .tooFewTokens, file: path, found: "\(rows) rows, which fill no batch of \(size)",
      expected: "more data, a smaller batch, or dataloader_drop_last: false")
  }

  func tooFew() -> DatasetError {
    DatasetError(
      .tooFewTokens, file: path, found: "no row with anything to learn",
      expected: "at least 2 tokens of text, or an answer that begins within the sequence length")
  }
}
