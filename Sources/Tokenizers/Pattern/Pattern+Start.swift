extension Pattern {
  /// The sets that the first scalar of every match is in one of, or nil if a match may be empty or the code
  /// is not simple enough to tell.
  func startSets() -> [ScalarSet]? {
    var found: Set<Int> = []
    var seen: Set<Int> = []
    var pending = [0]
    while let address = pending.popLast() {
      guard seen.insert(address).inserted else { continue }
      switch code[address] {
      case .set(let set): found.insert(set)
      case .run(let set):
        found.insert(set)
        pending.append(address + 1)
      case .fork(let first, let second): pending += [first, second]
      case .jump(let target): pending.append(target)
      case .assert: pending.append(address + 1)
      // What a lookahead sees is no part of the match.
      case .look(let end, _, _): pending.append(end)
      case .atomic, .succeed: return nil
      }
    }
    return found.map { sets[$0] }
  }
}
