/// Finds the name that somebody most likely meant.
public enum NearestName {
  /// The candidate with the fewest edits (insertion, deletion, replacement of one byte) to `name`, if at most
  /// a third of the longer of the two must change; the earlier candidate among equals.
  ///
  /// - Complexity: O(candidates * length * length).
  /// - Source: Wagner and Fischer, "The string-to-string correction problem", 1974.
  public static func find(_ name: String, among candidates: some Sequence<String>) -> String? {
    let wanted = Array(name.utf8)
    var best: (name: String, distance: Int)?
    for candidate in candidates {
      let other = Array(candidate.utf8)
      let limit = min(max(wanted.count, other.count) / 3, (best?.distance ?? .max) - 1)
      if abs(wanted.count - other.count) > limit { continue }
      let distance = editDistance(wanted, other)
      if distance <= limit { best = (candidate, distance) }
    }
    return best?.name
  }

  private static func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var row = Array(0...right.count)
    for (leftIndex, leftByte) in left.enumerated() {
      var diagonal = row[0]
      row[0] = leftIndex + 1
      for (rightIndex, rightByte) in right.enumerated() {
        let replaced = diagonal + (leftByte == rightByte ? 0 : 1)
        diagonal = row[rightIndex + 1]
        row[rightIndex + 1] = min(replaced, diagonal + 1, row[rightIndex] + 1)
      }
    }
    return row[right.count]
  }
}
