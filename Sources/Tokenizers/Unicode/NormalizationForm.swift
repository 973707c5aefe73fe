/// The normalization forms of Unicode Standard Annex 15.
enum NormalizationForm: Sendable, Hashable {
  case nfc, nfd, nfkc, nfkd

  private var isCompatible: Bool { self == .nfkc || self == .nfkd }
  private var composes: Bool { self == .nfc || self == .nfkc }

  /// Below this no scalar changes under composition, and none below 0x80 (0xA0 for compatibility) under any
  /// form.
  private var firstChanging: UInt32 { self == .nfc ? 0x300 : 0x80 }

  /// The normalized text.
  func normalize(_ text: Span<UInt8>) -> [UInt8] {
    var index = 0
    while index < text.count {
      let decoded = text.scalar(at: index)
      if decoded.scalar.value >= firstChanging { break }
      index += decoded.length
    }
    if index == text.count { return text.copied() }
    let tables = NormalizationTables.shared
    var scalars: [Unicode.Scalar] = []
    scalars.reserveCapacity(text.count)
    index = 0
    while index < text.count {
      let decoded = text.scalar(at: index)
      tables.decompose(decoded.scalar, isCompatible: isCompatible, into: &scalars)
      index += decoded.length
    }
    Self.sortMarks(&scalars)
    if composes { tables.compose(&scalars) }
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    for scalar in scalars { result.append(scalar) }
    return result
  }

  /// Puts each run of combining marks into the order of their classes; marks of one class keep theirs.
  private static func sortMarks(_ scalars: inout [Unicode.Scalar]) {
    var start = 0
    while start < scalars.count {
      guard scalars[start].value >= 0x300, scalars[start].combiningClass > 0 else {
        start += 1
        continue
      }
      var end = start
      var run: [(offset: Int, scalar: Unicode.Scalar)] = []
      while end < scalars.count, scalars[end].combiningClass > 0 {
        run.append((end, scalars[end]))
        end += 1
      }
      run.sort { ($0.scalar.combiningClass, $0.offset) < ($1.scalar.combiningClass, $1.offset) }
      for (offset, entry) in run.enumerated() { scalars[start + offset] = entry.scalar }
      start = end
    }
  }
}

extension Unicode.Scalar {
  fileprivate var combiningClass: UInt8 { properties.canonicalCombiningClass.rawValue }
}

/// The decompositions of all scalars and the compositions of pairs.
private struct NormalizationTables: Sendable {
  static let shared = NormalizationTables()

  private static let syllables: ClosedRange<UInt32> = 0xAC00...0xD7A3
  private static let leads: Range<UInt32> = 0x1100..<0x1113
  private static let vowels: Range<UInt32> = 0x1161..<0x1176
  private static let tails: Range<UInt32> = 0x11A8..<0x11C3
  private static let tailBase: UInt32 = 0x11A7

  private var canonical: [Unicode.Scalar: [Unicode.Scalar]] = [:]
  private var compatible: [Unicode.Scalar: [Unicode.Scalar]] = [:]
  private var composites: [UInt64: Unicode.Scalar] = [:]

  private init() {
    Self.read(DecompositionTable.composed) { scalar, parts in
      canonical[scalar] = parts
      composites[Self.key(parts[0], parts[1])] = scalar
    }
    Self.read(DecompositionTable.decomposed) { canonical[$0] = $1 }
    Self.read(DecompositionTable.compatible) { compatible[$0] = $1 }
  }

  private static func key(_ first: Unicode.Scalar, _ second: Unicode.Scalar) -> UInt64 {
    UInt64(first.value) << 32 | UInt64(second.value)
  }

  private static func read(_ table: StaticString, _ body: (Unicode.Scalar, [Unicode.Scalar]) -> Void) {
    var values: [Unicode.Scalar] = []
    var value: UInt32 = 0
    func endEntry() {
      values.append(Unicode.Scalar(value) ?? "\u{FFFD}")
      if values.count > 1 { body(values[0], Array(values[1...])) }
      values = []
      value = 0
    }
    table.withUTF8Buffer { buffer in
      for byte in buffer {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(byte - 0x30)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt32(byte - 0x37)
        case UInt8(ascii: ","):
          values.append(Unicode.Scalar(value) ?? "\u{FFFD}")
          value = 0
        default: endEntry()
        }
      }
      endEntry()
    }
  }

  func decompose(_ scalar: Unicode.Scalar, isCompatible: Bool, into output: inout [Unicode.Scalar]) {
    if scalar.value < 0xA0 {
      output.append(scalar)
    } else if Self.syllables.contains(scalar.value) {
      let index = scalar.value - Self.syllables.lowerBound
      appendValue(Self.leads.lowerBound + index / 588, to: &output)
      appendValue(Self.vowels.lowerBound + index % 588 / 28, to: &output)
      if index % 28 > 0 { appendValue(Self.tailBase + index % 28, to: &output) }
    } else if let parts = canonical[scalar] ?? (isCompatible ? compatible[scalar] : nil) {
      for part in parts { decompose(part, isCompatible: isCompatible, into: &output) }
    } else {
      output.append(scalar)
    }
  }

  private func appendValue(_ value: UInt32, to output: inout [Unicode.Scalar]) {
    output.append(Unicode.Scalar(value) ?? "\u{FFFD}")
  }

  /// Joins starters with what follows them, where a primary composite exists and nothing blocks it.
  func compose(_ scalars: inout [Unicode.Scalar]) {
    var output: [Unicode.Scalar] = []
    output.reserveCapacity(scalars.count)
    var starter = -1
    var lastClass: UInt8 = 0
    for scalar in scalars {
      let combiningClass = scalar.value < 0x300 ? 0 : scalar.combiningClass
      let isAdjacent = starter == output.count - 1
      if starter >= 0, isAdjacent || (lastClass != 0 && lastClass < combiningClass),
        let composite = composite(output[starter], scalar)
      {
        output[starter] = composite
        continue
      }
      output.append(scalar)
      lastClass = combiningClass
      if combiningClass == 0 { starter = output.count - 1 }
    }
    scalars = output
  }

  private func composite(_ first: Unicode.Scalar, _ second: Unicode.Scalar) -> Unicode.Scalar? {
    if Self.leads.contains(first.value), Self.vowels.contains(second.value) {
      let lead = first.value - Self.leads.lowerBound
      return Unicode.Scalar(
        Self.syllables.lowerBound + (lead * 21 + second.value - Self.vowels.lowerBound) * 28)
    }
    if Self.syllables.contains(first.value), (first.value - Self.syllables.lowerBound) % 28 == 0,
      Self.tails.contains(second.value)
    {
      return Unicode.Scalar(first.value + second.value - Self.tailBase)
    }
    return composites[Self.key(first, second)]
  }
}
