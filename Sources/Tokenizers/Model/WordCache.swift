/// Words met before and their tokens, with the scratch space that finding new ones takes.
///
/// A tokenizer lends one to each running call, so that calls on several threads do not wait for each other.
struct WordCache: Sendable {
  /// Longer words are rare and would fill the arena.
  static let wordLengthLimit = 64
  /// At this many words everything is forgotten, which bounds the memory to a few megabytes.
  private static let wordLimit = 1 << 16

  private struct Slot: Sendable {
    var hash: UInt32 = 0
    var keyStart: UInt32 = 0
    var idStart: UInt32 = 0
    var keyLength: UInt16 = 0
    var idCount: UInt16 = 0
  }

  private var slots = [Slot](repeating: Slot(), count: wordLimit * 2)
  private var keys: [UInt8] = []
  private var ids: [Int32] = []
  private var count = 0

  /// Where a model puts together the symbols of a word that is not in the cache.
  var merging = MergeBuffer()

  /// Appends the tokens of `word` to `output` if they are known.
  ///
  /// - Returns: Whether they were.
  @inline(__always)
  func appendTokens(of word: Span<UInt8>, hash: UInt64, to output: inout [Int]) -> Bool {
    var index = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while true {
      let slot = slots[index]
      if slot.keyLength == 0 { return false }
      if slot.hash == UInt32(truncatingIfNeeded: hash), Int(slot.keyLength) == word.count, isKey(slot, word) {
        let start = Int(slot.idStart)
        for offset in 0..<Int(slot.idCount) { output.append(Int(ids[start + offset])) }
        return true
      }
      index = (index + 1) & (slots.count - 1)
    }
  }

  @inline(__always)
  private func isKey(_ slot: Slot, _ word: Span<UInt8>) -> Bool {
    let start = Int(slot.keyStart)
    for offset in 0..<word.count where keys[start + offset] != word[offset] { return false }
    return true
  }

  /// Remembers the tokens of a word that is not in the cache.
  mutating func insert(_ word: Span<UInt8>, hash: UInt64, tokens: ArraySlice<Int>) {
    guard word.count > 0, word.count <= Self.wordLengthLimit, tokens.count <= Int(UInt16.max) else { return }
    if count == Self.wordLimit { forget() }
    var index = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[index].keyLength != 0 { index = (index + 1) & (slots.count - 1) }
    slots[index] = Slot(
      hash: UInt32(truncatingIfNeeded: hash), keyStart: UInt32(keys.count), idStart: UInt32(ids.count),
      keyLength: UInt16(word.count), idCount: UInt16(tokens.count))
    keys.append(word)
    for token in tokens { ids.append(Int32(truncatingIfNeeded: token)) }
    count += 1
  }

  private mutating func forget() {
    for index in slots.indices { slots[index] = Slot() }
    keys.removeAll(keepingCapacity: true)
    ids.removeAll(keepingCapacity: true)
    count = 0
  }
}
