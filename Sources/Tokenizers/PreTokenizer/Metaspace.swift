/// Writes spaces as a visible mark and cuts before each of them, as SentencePiece vocabularies want it.
struct Metaspace: Sendable {
  /// Where a mark is put before a text that does not start with one.
  enum PrependScheme: String, Sendable { case always, first, never }

  var mark: [UInt8]
  var scheme: PrependScheme
  var splits: Bool

  func split(_ text: Span<UInt8>, isFirst: Bool, _ emit: PreTokenizer.Sink) {
    var marked: [UInt8] = []
    marked.reserveCapacity(text.count + text.count / 2)
    let startsWithMark = text.count > 0 && (text[0] == 0x20 || text.isEqual(to: mark, from: 0))
    if !startsWithMark, scheme == .always || (scheme == .first && isFirst) { marked += mark }
    for index in 0..<text.count {
      if text[index] == 0x20 { marked += mark } else { marked.append(text[index]) }
    }
    guard splits else { return emit(marked.span, isFirst) }
    let all = marked.span
    var start = 0
    var index = 0
    while index < all.count {
      if index > start, all.isEqual(to: mark, from: index) {
        emit(all.extracting(start..<index), isFirst && start == 0)
        start = index
      }
      index += all.scalar(at: index).length
    }
    if start < all.count { emit(all.extracting(start..<all.count), isFirst && start == 0) }
  }
}
