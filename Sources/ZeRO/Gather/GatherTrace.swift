/// The order in which the units of a step are used, forward and backward: recorded in one step and followed in the
/// next ones, until a step does something else.
///
/// Every rank has a trace of its own. It says what is worth bringing early and keeping; nothing is wrong when ranks
/// disagree.
struct GatherTrace {
  private let elementCounts: [Int]
  /// The uses of the last step, by the units' indices.
  private var uses: [Int] = []
  /// `before[p]`: elements of all uses before place p.
  private var before: [Int] = [0]
  /// For each unit the places where it is used.
  private var places: [[Int]] = []
  private var recorded: [Int] = []
  private var position = 0
  /// Whether this step has done what the last one did, so far.
  private(set) var isFollowed = false
  /// Steps that did something else than the one before them, after the first one.
  private(set) var invalidationCount = 0

  init(elementCounts: [Int]) { self.elementCounts = elementCounts }

  /// A unit is used.
  mutating func note(_ unit: Int) {
    if isFollowed {
      if position < uses.count && uses[position] == unit {
        position += 1
        return
      }
      isFollowed = false
      invalidationCount += 1
      recorded = Array(uses[..<position])
    }
    recorded.append(unit)
  }

  /// The step is over: its uses are what the next one is expected to do.
  mutating func endStep() {
    if isFollowed {
      if position < uses.count { take(Array(uses[..<position])) }
    } else {
      take(recorded)
    }
    recorded = []
    position = 0
    isFollowed = !uses.isEmpty
  }

  private mutating func take(_ recorded: [Int]) {
    uses = recorded
    before = [0]
    places = Array(repeating: [], count: elementCounts.count)
    for (place, unit) in uses.enumerated() {
      before.append(before[place] + elementCounts[unit])
      places[unit].append(place)
    }
  }

  /// The elements of the uses between now and the next one of `unit`; nil when it is not used again in this step, or
  /// when nobody knows.
  func distanceToNextUse(of unit: Int) -> Int? {
    guard isFollowed, let place = firstPlace(of: unit) else { return nil }
    return before[place] - before[position]
  }

  /// The first place from now on where a unit is used: its places are sorted.
  private func firstPlace(of unit: Int) -> Int? {
    let places = places[unit]
    var low = 0
    var high = places.count
    while low < high {
      let middle = (low + high) / 2
      if places[middle] < position { low = middle + 1 } else { high = middle }
    }
    return low < places.count ? places[low] : nil
  }

  /// The units of the coming uses that are together no larger than `limit`, in order; none while nobody knows.
  func comingUnits(within limit: Int) -> ArraySlice<Int> {
    guard isFollowed else { return [] }
    var end = position
    while end < uses.count, before[end + 1] - before[position] <= limit { end += 1 }
    return uses[position..<end]
  }
}
