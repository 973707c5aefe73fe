/// Finds the known name that a misspelled one probably meant.
enum NearestName {
  /// The nearest of `names`, or nil when none is near enough to be a typo.
  ///
  /// Names that are equal without underscores, hyphens and case are always near: `bf_16` means `bf16`.
  static func match(for written: String, among names: some Sequence<String>) -> String? {
    let bare = folded(written)
    guard (1...100).contains(bare.count) else { return nil }
    var best: (name: String, distance: Int)?
    for name in names {
      let distance = editDistance(bare, folded(name))
      if distance < best?.distance ?? .max { best = (name, distance) }
    }
    guard let best, best.distance <= tolerance(min(bare.count, folded(best.name).count)) else { return nil }
    return best.name
  }

  /// The suggestion clause for `match`, such as `did you mean 'bf16'?`.
  static func suggestion(for written: String, among names: some Sequence<String>) -> String? {
    match(for: written, among: names).map { "did you mean '\($0)'?" }
  }

  /// How many slips still count as a typo of a name with `length` letters.
  private static func tolerance(_ length: Int) -> Int {
    switch length {
    case ..<4: 0
    case ..<7: 1
    case ..<13: 2
    default: 3
    }
  }

  private static func folded(_ name: String) -> [UInt8] {
    name.lowercased().utf8.filter { $0 != UInt8(ascii: "_") && $0 != UInt8(ascii: "-") }
  }

  /// Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`.
  ///
  /// Source: Damerau 1964, "A technique for computer detection and correction of spelling errors", in the
  /// restricted form (no letter is edited twice).
  static func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
    var beforeLast = [Int](repeating: 0, count: b.count + 1)
    var last = Array(0...b.count)
    for i in 1...a.count {
      var row = [i] + [Int](repeating: 0, count: b.count)
      for j in 1...b.count {
        let isSame = a[i - 1] == b[j - 1]
        row[j] = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (isSame ? 0 : 1))
        if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
          row[j] = min(row[j], beforeLast[j - 2] + 1)
        }
      }
      beforeLast = last
      last = row
    }
    return last[b.count]
  }
}
