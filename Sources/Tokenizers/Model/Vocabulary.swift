/// The tokens of a model: bytes to id and id to bytes.
///
/// Tokens are compared byte by byte. Swift strings compare by canonical equivalence, which would make one
/// token of the composed and the decomposed form of a letter.
struct Vocabulary: Sendable {
  /// Ids above this are an error in the file, not a large vocabulary.
  static let idLimit = 1 << 24

  private var arena: [UInt8] = []
  /// Where entry `e` starts in the arena; one more element than entries.
  private var starts: [UInt32] = [0]
  private var ids: [Int32] = []
  /// The entry of each id, -1 where an id has none.
  private var entries: [Int32] = []
  /// Open addressing; an entry's index or -1.
  private var slots: [Int32]

  /// - Parameter capacity: The number of tokens expected.
  init(capacity: Int) {
    var slotCount = 16
    while slotCount < capacity * 2 { slotCount *= 2 }
    slots = [Int32](repeating: -1, count: slotCount)
    starts.reserveCapacity(capacity + 1)
    ids.reserveCapacity(capacity)
    entries.reserveCapacity(capacity)
    arena.reserveCapacity(capacity * 8)
  }

  /// The number of different tokens.
  var count: Int { ids.count }

  /// One more than the highest id.
  var idBound: Int { entries.count }

  /// The id of the token with these bytes, or -1.
  @inline(__always)
  func id(of token: Span<UInt8>) -> Int32 {
    let entry = find(token).entry
    return entry < 0 ? -1 : ids[Int(entry)]
  }

  func id(of token: [UInt8]) -> Int32 { id(of: token.span) }

  func id(of token: String) -> Int32 { id(of: Array(token.utf8)) }

  /// The bytes of the token with this id.
  func bytes(of id: Int) -> ArraySlice<UInt8>? {
    guard id >= 0, id < entries.count, entries[id] >= 0 else { return nil }
    let entry = Int(entries[id])
    return arena[Int(starts[entry])..<Int(starts[entry + 1])]
  }

  func forEachToken(_ body: (ArraySlice<UInt8>, Int32) -> Void) {
    for entry in 0..<ids.count { body(arena[Int(starts[entry])..<Int(starts[entry + 1])], ids[entry]) }
  }

  /// Adds a token; a token that is there already gets the new id, as the later of two equal JSON keys wins.
  mutating func insert(_ token: [UInt8], id: Int, path: String) throws(TokenizerError) {
    guard id >= 0, id < Self.idLimit else {
      throw TokenizerError(.vocabulary, at: path, "expected an id from 0 to \(Self.idLimit - 1), found \(id)")
    }
    guard arena.count + token.count < Int(UInt32.max) else {
      throw TokenizerError(.vocabulary, at: path, "the tokens take over 4 GiB")
    }
    while entries.count <= id { entries.append(-1) }
    let place = find(token.span)
    if place.entry >= 0 {
      ids[Int(place.entry)] = Int32(id)
      entries[id] = place.entry
      return
    }
    slots[place.slot] = Int32(ids.count)
    entries[id] = Int32(ids.count)
    ids.append(Int32(id))
    arena.append(contentsOf: token)
    starts.append(UInt32(arena.count))
    if ids.count * 2 > slots.count { grow() }
  }

  @inline(__always)
  private func find(_ token: Span<UInt8>) -> (slot: Int, entry: Int32) {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: token.hash) & mask
    while true {
      let entry = slots[slot]
      if entry < 0 || isEqual(entry, token) { return (slot, entry) }
      slot = (slot + 1) & mask
    }
  }

  @inline(__always)
  private func isEqual(_ entry: Int32, _ token: Span<UInt8>) -> Bool {
    let start = Int(starts[Int(entry)])
    guard Int(starts[Int(entry) + 1]) - start == token.count else { return false }
    for index in 0..<token.count where arena[start + index] != token[index] { return false }
    return true
  }

  private mutating func grow() {
    slots = [Int32](repeating: -1, count: slots.count * 2)
    let mask = slots.count - 1
    for entry in 0..<ids.count {
      let token = arena[Int(starts[entry])..<Int(starts[entry + 1])]
      var slot = Int(truncatingIfNeeded: token.span.hash) & mask
      while slots[slot] >= 0 { slot = (slot + 1) & mask }
      slots[slot] = Int32(entry)
    }
  }
}

extension Span<UInt8> {
  /// Fowler-Noll-Vo 1a over the bytes, with the high half folded into the low one.
  @inline(__always)
  var hash: UInt64 {
    var value: UInt64 = 0xCBF2_9CE4_8422_2325
    for index in 0..<count { value = (value ^ UInt64(self[index])) &* 0x100_0000_01B3 }
    return value ^ (value >> 32)
  }
}
