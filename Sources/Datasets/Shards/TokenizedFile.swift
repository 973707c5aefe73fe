/// A `.txt` or `.jsonl` file as tokens, made by a background thread while the first rows are already in use,
/// or taken from the cache.
final class TokenizedFile: Sendable {
  let file: DataFile
  let buffer = TokenBuffer()
  /// True where each line is one row with its own marks; false where all text is one stream of tokens.
  let isSampled: Bool
  private let cancellation = Cancellation()

  /// Begins to tokenise.
  ///
  /// - Parameters:
  ///   - file: the data.
  ///   - sequenceLength: tokens of a row; longer samples are cut.
  ///   - encoding: the model's tokenizer.
  ///   - cache: where to keep the tokens for the next start; nil keeps none.
  /// - Throws: `DatasetError` for what is wrong with the first line.
  init(file: DataFile, sequenceLength: Int, encoding: TextEncoding, cache: TokenCache?) throws {
    self.file = file
    let isLines = file.path.hasSuffix(".jsonl")
    isSampled = isLines ? try file.withBytes { try Self.isSampled($0, file: file.path) } : false
    if let kept = cache?.load(isSampled: isSampled) {
      buffer.append(kept.pieces)
      buffer.losses = kept.losses
      buffer.finish(.success(()))
      return
    }
    let samples = SampleTokens(encoding: encoding, file: file.path, sequenceLength: sequenceLength)
    let work = Work(
      file: file, samples: samples, isLines: isLines, cache: cache, buffer: buffer, cancellation: cancellation
    )
    // The work holds no reference to this object, whose `deinit` ends it; the thread runs out on its own.
    guard BackgroundThread.detach({ work.run() }) else {
      work.run()
      return
    }
  }

  deinit {
    cancellation.cancel()
  }

  private static func isSampled(_ bytes: UnsafeRawBufferPointer, file: String) throws -> Bool {
    var lines = JSONLines(bytes, file: file)
    guard let first = try lines.next() else {
      throw DatasetError(
        .tooFewTokens, file: file, found: "only blank lines", expected: "one JSON object a line")
    }
    return first.isSample
  }
}

/// The tokenising of one file.
private struct Work: Sendable {
  let file: DataFile
  let samples: SampleTokens
  let isLines: Bool
  let cache: TokenCache?
  let buffer: TokenBuffer
  let cancellation: Cancellation

  func run() {
    do {
      try file.withBytes { isLines ? try readLines($0) : try readText($0) }
      buffer.finish(.success(()))
      // A full disk must not end a training; the next start tokenises again.
      try? cache?.store(buffer)
    } catch {
      buffer.finish(.failure(error))
    }
  }

  private func readText(_ bytes: UnsafeRawBufferPointer) throws {
    var chunks = TextChunks(bytes, file: file.path)
    buffer.append([TokenBuffer.Piece(tokens: samples.encoding.prefix)])
    var number = 0
    while let text = try chunks.next() {
      try checkCancellation()
      number += 1
      let tokens = try samples.encoding.tokens(text, file: file.path, place: "part \(number)")
      buffer.append([TokenBuffer.Piece(tokens: tokens)])
    }
    buffer.append([TokenBuffer.Piece(tokens: samples.encoding.suffix)])
  }

  private func readLines(_ bytes: UnsafeRawBufferPointer) throws {
    var lines = JSONLines(bytes, file: file.path)
    while let line = try lines.next() {
      try checkCancellation()
      if let piece = try piece(line, lines.place) { buffer.append([piece]) } else { buffer.passOver() }
    }
  }

  private func piece(_ line: JSONLine, _ place: String) throws -> TokenBuffer.Piece? {
    switch line {
    case .document(let text): try samples.document(text, place: place)
    case .completion(let prompt, let completion):
      try samples.completion(prompt: prompt, completion: completion, place: place)
    case .conversation(let messages): try samples.conversation(messages, place: place)
    }
  }

  private func checkCancellation() throws {
    if cancellation.isCancelled { throw CancellationError() }
  }
}
