/// A regular expression as a tree.
indirect enum PatternNode: Sendable, Hashable {
  /// How a repetition chooses its count.
  enum Greed: Sendable, Hashable { case greedy, lazy, possessive }

  /// What must hold at a position.
  enum Assertion: Sendable, Hashable {
    case textStart, textEnd, lineStart, lineEnd, wordBoundary, noWordBoundary
  }

  case set(ScalarSet)
  case sequence([PatternNode])
  case alternatives([PatternNode])
  case repetition(PatternNode, least: Int, most: Int?, Greed)
  /// Matches without consuming, ahead of the position or behind it.
  case look(PatternNode, isBehind: Bool, isNegated: Bool)
  /// Once matched, never retried in another way.
  case atomic(PatternNode)
  case assertion(Assertion)

  /// The number of scalars that every match has, where that is fixed.
  var width: Int? {
    switch self {
    case .set: return 1
    case .sequence(let parts):
      var total = 0
      for part in parts {
        guard let width = part.width else { return nil }
        total += width
      }
      return total
    case .alternatives(let branches):
      let widths = Set(branches.map(\.width))
      return widths.count == 1 ? widths.first ?? nil : nil
    case .repetition(let body, let least, let most, _):
      guard least == most, let width = body.width else { return nil }
      return width * least
    case .look, .assertion: return 0
    case .atomic(let body): return body.width
    }
  }
}
