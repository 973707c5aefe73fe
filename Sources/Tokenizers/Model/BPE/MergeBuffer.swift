/// The symbols of one word while its merges are applied, lowest rank first and leftmost first among equals.
///
/// Its arrays are kept from word to word, so that merging a word allocates nothing.
struct MergeBuffer: Sendable {
  /// Up to this many symbols, looking for the best merge each time beats keeping a heap.
  private static let scanLimit = 48

  private(set) var ids: [Int32] = []
  private var merges: [PairTable.Merge] = []
  private var next: [Int32] = []
  private var previous: [Int32] = []
  private var heap: [HeapEntry] = []

  /// A possible merge at `position`, out of date once the pair there makes something else.
  private struct HeapEntry: Sendable {
    let merge: PairTable.Merge
    let position: Int32

    func precedes(_ other: HeapEntry) -> Bool {
      merge.rank != other.merge.rank ? merge.rank < other.merge.rank : position < other.position
    }
  }

  mutating func removeAll() { ids.removeAll(keepingCapacity: true) }

  mutating func append(_ id: Int32) { ids.append(id) }

  /// Applies every merge there is; `ids` then holds the tokens.
  mutating func applyMerges(_ pairs: PairTable) {
    if ids.count < 2 { return }
    if ids.count <= Self.scanLimit { scan(pairs) } else { mergeByHeap(pairs) }
  }

  private mutating func scan(_ pairs: PairTable) {
    var count = ids.count
    merges.removeAll(keepingCapacity: true)
    for index in 0..<count - 1 { merges.append(pairs.merge(ids[index], ids[index + 1])) }
    while count > 1 {
      var best = 0
      for index in 1..<max(1, count - 1) where merges[index].rank < merges[best].rank { best = index }
      let merge = merges[best]
      guard merge.exists else { break }
      ids[best] = merge.id
      var index = best + 1
      while index < count - 1 {
        ids[index] = ids[index + 1]
        if index < count - 2 { merges[index] = merges[index + 1] }
        index += 1
      }
      count -= 1
      if best > 0 { merges[best - 1] = pairs.merge(ids[best - 1], merge.id) }
      if best < count - 1 { merges[best] = pairs.merge(merge.id, ids[best + 1]) }
    }
    ids.removeLast(ids.count - count)
  }

  private mutating func mergeByHeap(_ pairs: PairTable) {
    let count = ids.count
    next.removeAll(keepingCapacity: true)
    previous.removeAll(keepingCapacity: true)
    heap.removeAll(keepingCapacity: true)
    for index in 0..<count {
      next.append(index + 1 < count ? Int32(index + 1) : -1)
      previous.append(Int32(index - 1))
    }
    for index in 0..<count - 1 { push(pairs, at: Int32(index)) }
    while let entry = pop() {
      let position = Int(entry.position)
      let right = ids[position] < 0 ? -1 : next[position]
      guard right >= 0, pairs.merge(ids[position], ids[Int(right)]).packed == entry.merge.packed else {
        continue
      }
      ids[position] = entry.merge.id
      ids[Int(right)] = -1
      let following = next[Int(right)]
      next[position] = following
      if following >= 0 { previous[Int(following)] = entry.position }
      push(pairs, at: entry.position)
      if previous[position] >= 0 { push(pairs, at: previous[position]) }
    }
    ids.removeAll { $0 < 0 }
  }

  private mutating func push(_ pairs: PairTable, at position: Int32) {
    let right = next[Int(position)]
    guard right >= 0 else { return }
    let merge = pairs.merge(ids[Int(position)], ids[Int(right)])
    guard merge.exists else { return }
    heap.append(HeapEntry(merge: merge, position: position))
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child].precedes(heap[parent]) else { break }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  private mutating func pop() -> HeapEntry? {
    guard let top = heap.first else { return nil }
    let last = heap.removeLast()
    guard !heap.isEmpty else { return top }
    heap[0] = last
    var parent = 0
    while true {
      var child = parent * 2 + 1
      guard child < heap.count else { return top }
      if child + 1 < heap.count, heap[child + 1].precedes(heap[child]) { child += 1 }
      guard heap[child].precedes(heap[parent]) else { return top }
      heap.swapAt(child, parent)
      parent = child
    }
  }
}
