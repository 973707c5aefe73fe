import Synchronization

/// Text to token ids and back, with the stages of a Hugging Face tokenizer: added tokens, normalizer,
/// pre-tokenizer, model, post-processor and decoder.
///
/// Everything that could fail is checked when the tokenizer is made; encoding and decoding take any input.
/// One tokenizer may be used by several threads at once.
///
/// Source: the file format is that of the Hugging Face library `tokenizers`, whose ids are reproduced.
public final class Tokenizer: Sendable {
  let addedTokens: AddedTokens
  let normalizer: Normalizer?
  let preTokenizer: PreTokenizer?
  let model: Model
  let postProcessor: PostProcessor
  let decoder: Decoder?

  /// The id that starts a text, if the configuration names one.
  public let bosID: Int?
  /// The id that ends a text, if the configuration names one.
  public let eosID: Int?
  /// The id that fills up short rows of a batch, if the configuration names one.
  public let paddingID: Int?

  /// Caches that no call is using at the moment.
  private let caches = Mutex<[WordCache]>([])

  init(stages: TokenizerStages) {
    addedTokens = stages.addedTokens
    normalizer = stages.normalizer
    preTokenizer = stages.preTokenizer
    model = stages.model
    postProcessor = stages.postProcessor
    decoder = stages.decoder
    bosID = stages.bosID
    eosID = stages.eosID
    paddingID = stages.paddingID
  }

  /// One more than the highest id that a token has.
  public var vocabularySize: Int { max(model.vocabulary.idBound, addedTokens.idBound) }

  /// The id of a token as the vocabulary writes it.
  public func id(of token: String) -> Int? {
    if let added = addedTokens.id(of: token) { return added }
    let id = model.vocabulary.id(of: token)
    return id >= 0 ? Int(id) : nil
  }

  /// The token with an id, as the vocabulary writes it.
  public func token(of id: Int) -> String? {
    tokenBytes(of: id).map { String(decoding: $0, as: UTF8.self) }
  }

  func tokenBytes(of id: Int) -> ArraySlice<UInt8>? {
    if let added = addedTokens.token(of: id) { return Array(added.content.utf8)[...] }
    return model.vocabulary.bytes(of: id)
  }

  /// Whether an id is that of a special token.
  public func isSpecial(_ id: Int) -> Bool { addedTokens.token(of: id)?.isSpecial ?? false }

  /// The token ids of a text.
  ///
  /// - Parameters:
  ///   - text: Any text.
  ///   - addSpecialTokens: Whether the tokens that the model expects around a text are added. A rendered chat
  ///     template has them already.
  ///   - parseSpecialTokens: Whether special tokens written out in the text, such as `<|im_end|>`, become
  ///     their ids. Turn it off for text that comes from somebody who must not steer the model.
  /// - Complexity: Linear in the length of the text; words met before cost one look-up.
  public func encode(_ text: String, addSpecialTokens: Bool = true, parseSpecialTokens: Bool = true) -> [Int]
  {
    var cache = caches.withLock { $0.popLast() } ?? WordCache()
    defer { caches.withLock { [cache] in $0.append(cache) } }
    var ids = addSpecialTokens ? postProcessor.prefix : []
    let bytes = text.utf8.span
    for stretch in addedTokens.raw.stretches(of: bytes, skipsSpecial: !parseSpecialTokens) {
      if let token = stretch.token {
        ids.append(token)
      } else {
        let part = bytes.extracting(stretch.range)
        encodePart(part, stretch.range.lowerBound == 0, !parseSpecialTokens, &cache, &ids)
      }
    }
    if addSpecialTokens { ids += postProcessor.suffix }
    return ids
  }

  /// Encodes text between two added tokens that are searched for as they stand.
  private func encodePart(
    _ part: Span<UInt8>, _ isFirst: Bool, _ skipsSpecial: Bool, _ cache: inout WordCache, _ ids: inout [Int]
  ) {
    guard let normalizer else { return encodeNormalized(part, isFirst, skipsSpecial, &cache, &ids) }
    let normalized = normalizer.normalize(part)
    encodeNormalized(normalized.span, isFirst, skipsSpecial, &cache, &ids)
  }

  private func encodeNormalized(
    _ part: Span<UInt8>, _ isFirst: Bool, _ skipsSpecial: Bool, _ cache: inout WordCache, _ ids: inout [Int]
  ) {
    if addedTokens.normalized.isEmpty { return encodeWords(part, isFirst, &cache, &ids) }
    for stretch in addedTokens.normalized.stretches(of: part, skipsSpecial: skipsSpecial) {
      if let token = stretch.token {
        ids.append(token)
      } else {
        encodeWords(part.extracting(stretch.range), isFirst && stretch.range.lowerBound == 0, &cache, &ids)
      }
    }
  }

  private func encodeWords(_ part: Span<UInt8>, _ isFirst: Bool, _ cache: inout WordCache, _ ids: inout [Int])
  {
    guard let preTokenizer else { return model.encode(part, using: &cache, into: &ids) }
    preTokenizer.split(part, isFirst: isFirst) { word, _ in model.encode(word, using: &cache, into: &ids) }
  }

  /// The text of token ids. Ids that have no token are left out; bytes that are no UTF-8 become U+FFFD.
  ///
  /// - Parameters:
  ///   - ids: Token ids.
  ///   - skipSpecialTokens: Whether special tokens are left out.
  public func decode(_ ids: [Int], skipSpecialTokens: Bool = true) -> String {
    if case .byteLevel = decoder {
      var bytes: [UInt8] = []
      for id in ids {
        guard let token = shownToken(of: id, skipSpecialTokens: skipSpecialTokens) else { continue }
        ByteAlphabet.appendBytes(writtenAs: token.span, to: &bytes)
      }
      return String(decoding: bytes, as: UTF8.self)
    }
    let tokens = ids.compactMap { shownToken(of: $0, skipSpecialTokens: skipSpecialTokens).map(Array.init) }
    guard let decoder else { return String(decoding: Array(tokens.joined(separator: [0x20])), as: UTF8.self) }
    return String(decoding: Array(decoder.decode(tokens).joined()), as: UTF8.self)
  }

  /// The token that an id contributes to a decoded text, if any.
  func shownToken(of id: Int, skipSpecialTokens: Bool) -> ArraySlice<UInt8>? {
    skipSpecialTokens && isSpecial(id) ? nil : tokenBytes(of: id)
  }
}
