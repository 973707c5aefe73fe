/// The merges of a byte-pair model: a pair of token ids to the rank of its merge and the id it makes.
struct PairTable: Sendable {
  /// What merging a pair yields: the rank in the upper half, the new id in the lower, so that the smaller
  /// value is the merge to do first.
  struct Merge: Sendable {
    static let none = Merge(packed: .max)
    let packed: UInt64

    init(packed: UInt64) { self.packed = packed }
    init(rank: Int, id: Int32) { packed = UInt64(rank) << 32 | UInt64(UInt32(bitPattern: id)) }

    var exists: Bool { packed != .max }
    var rank: UInt32 { UInt32(truncatingIfNeeded: packed >> 32) }
    var id: Int32 { Int32(truncatingIfNeeded: packed) }
  }

  private struct Slot: Sendable {
    var key: UInt64
    var merge: UInt64
  }

  private var slots: [Slot]
  private let shift: UInt64
  private(set) var count = 0

  /// - Parameter capacity: At least the number of pairs that will be inserted.
  init(capacity: Int) {
    var bits: UInt64 = 4
    while 1 << bits < capacity * 2 { bits += 1 }
    shift = 64 - bits
    slots = [Slot](repeating: Slot(key: .max, merge: .max), count: 1 << bits)
  }

  @inline(__always)
  private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  /// The merge of a pair, or `Merge.none`.
  @inline(__always)
  func merge(_ left: Int32, _ right: Int32) -> Merge {
    let key = Self.key(left, right)
    var slot = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> shift)
    while true {
      let candidate = slots[slot]
      if candidate.key == key { return Merge(packed: candidate.merge) }
      if candidate.key == .max { return .none }
      slot = (slot + 1) & (slots.count - 1)
    }
  }

  /// Sets the merge of a pair; the last one set stays.
  mutating func insert(_ left: Int32, _ right: Int32, _ merge: Merge) {
    precondition(count * 2 <= slots.count, "more pairs inserted than the capacity given")
    let key = Self.key(left, right)
    var slot = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> shift)
    while slots[slot].key != .max, slots[slot].key != key { slot = (slot + 1) & (slots.count - 1) }
    if slots[slot].key == .max { count += 1 }
    slots[slot] = Slot(key: key, merge: merge.packed)
  }
}
