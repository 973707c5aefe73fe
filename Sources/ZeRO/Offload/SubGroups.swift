/// Runs of a partition that are read, updated and written together.
enum SubGroups {
  /// Elements at which cuts are made: a page of f32.
  static let alignment = 1024

  /// Cuts a range into parts of at most `limit` elements, inside at multiples of ``alignment``.
  static func parts(of range: Range<Int>, limit: Int) -> [Range<Int>] {
    var parts: [Range<Int>] = []
    var start = range.lowerBound
    while start < range.upperBound {
      var end = min(range.upperBound, limit > range.count ? range.upperBound : start + limit)
      if end < range.upperBound, case let cut = end / alignment * alignment, cut > start { end = cut }
      parts.append(start..<end)
      start = end
    }
    return parts
  }

  /// Joins neighbours, in the given order, as long as a run has at most `limit` elements.
  static func runs(of ranges: [Range<Int>], limit: Int) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    for range in ranges where !range.isEmpty {
      if let last = runs.last, last.upperBound == range.lowerBound, last.count + range.count <= limit {
        runs[runs.count - 1] = last.lowerBound..<range.upperBound
      } else {
        runs.append(range)
      }
    }
    return runs
  }
}
