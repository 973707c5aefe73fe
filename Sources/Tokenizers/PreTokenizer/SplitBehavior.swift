/// What becomes of the places at which a text is cut.
enum SplitBehavior: String, Sendable {
  case removed = "Removed"
  case isolated = "Isolated"
  case mergedWithPrevious = "MergedWithPrevious"
  case mergedWithNext = "MergedWithNext"
  case contiguous = "Contiguous"

  /// Reads the name of a behaviour, as `mergedWithNext` or `MergedWithNext`.
  init(json: JSONNode) throws(TokenizerError) {
    let name = try json.requiredString()
    guard let behavior = SplitBehavior(rawValue: name) else {
      throw TokenizerError(.unsupported, at: json.path, "no split behaviour of the name '\(name)' is known")
    }
    self = behavior
  }

  /// A stretch of the text: one match, or what lies between two.
  struct Stretch {
    var range: Range<Int>
    let isMatch: Bool
  }

  /// The pieces that a text of `length` bytes falls into, given the matches in it from left to right.
  ///
  /// - Parameter isInverted: Whether what lies between the matches is what the behaviour treats as matches.
  func pieces(length: Int, matches: [Range<Int>], isInverted: Bool) -> [Range<Int>] {
    var stretches: [Stretch] = []
    var end = 0
    for match in matches {
      if end < match.lowerBound {
        stretches.append(Stretch(range: end..<match.lowerBound, isMatch: isInverted))
      }
      stretches.append(Stretch(range: match, isMatch: !isInverted))
      end = match.upperBound
    }
    if end < length { stretches.append(Stretch(range: end..<length, isMatch: isInverted)) }
    return joined(stretches).filter { !$0.isEmpty }
  }

  private func joined(_ stretches: [Stretch]) -> [Range<Int>] {
    switch self {
    case .isolated: return stretches.map(\.range)
    case .removed: return stretches.filter { !$0.isMatch }.map(\.range)
    case .contiguous: return Self.folded(stretches) { $0 == $1 }
    case .mergedWithPrevious: return Self.folded(stretches) { $0 && !$1 }
    case .mergedWithNext: return Self.foldedFromTheEnd(stretches)
    }
  }

  /// Adds each stretch to the piece before it where `joins(isMatch, wasMatch)` says so.
  private static func folded(_ stretches: [Stretch], _ joins: (Bool, Bool) -> Bool) -> [Range<Int>] {
    var pieces: [Range<Int>] = []
    var wasMatch = false
    for stretch in stretches {
      if joins(stretch.isMatch, wasMatch), let last = pieces.last {
        pieces[pieces.count - 1] = last.lowerBound..<stretch.range.upperBound
      } else {
        pieces.append(stretch.range)
      }
      wasMatch = stretch.isMatch
    }
    return pieces
  }

  private static func foldedFromTheEnd(_ stretches: [Stretch]) -> [Range<Int>] {
    var pieces: [Range<Int>] = []
    var wasMatch = false
    for stretch in stretches.reversed() {
      if stretch.isMatch, !wasMatch, let last = pieces.last {
        pieces[pieces.count - 1] = stretch.range.lowerBound..<last.upperBound
      } else {
        pieces.append(stretch.range)
      }
      wasMatch = stretch.isMatch
    }
    return pieces.reversed()
  }
}
