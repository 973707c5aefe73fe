import CKernels
import Testing

struct ConversionTests {
  static let allPatterns = (UInt16.min...UInt16.max).map { $0 }

  /// Floats of every exponent, the halfway points of both 16-bit types, and what overflows, vanishes or is
  /// special.
  static let floats: [Float] = {
    var generator = SplitMix(state: 7)
    var values = (0..<100_000).map { _ in Float(bitPattern: UInt32(truncatingIfNeeded: generator.next())) }
    for upper in stride(from: UInt32(0), through: 0xFFFF, by: 7) {
      for lower: UInt32 in [0x0000, 0x7FFF, 0x8000, 0x8001, 0x0FFF, 0x1000, 0x1001, 0x3000] {
        values.append(Float(bitPattern: upper << 16 | lower))
      }
    }
    values += [0, -0.0, .infinity, -.infinity, .nan, -.nan, .greatestFiniteMagnitude, .leastNonzeroMagnitude]
    values += [
      65504, 65519.996, 65520, 65536, 0x1p-14, 0x1p-24, 0x1p-25, 0x1.8p-25, 0x1.000002p-25, -0x1p-26,
    ]
    return values
  }()

  func converted<Source, Target>(
    _ values: [Source], _ source: ck_dtype, to target: ck_dtype, zero: Target, level: ck_isa
  ) -> [Target] {
    var results = [Target](repeating: zero, count: values.count)
    values.withUnsafeBytes { source_ in
      results.withUnsafeMutableBytes {
        ck_convert(
          $0.baseAddress, target, source_.baseAddress, source, Int64(values.count), level, ck_serial())
      }
    }
    return results
  }

  /// Round to nearest even by the two neighbours in exact arithmetic.
  static func bfloat16(_ value: Float) -> UInt16 {
    if value.isNaN { return 0x7FC0 }
    let below = UInt16(value.bitPattern >> 16)
    if value.isInfinite { return below }
    let lower = Double(Float(bitPattern: UInt32(below) << 16)).magnitude
    let above = below + 1
    let ulp = Double(Float(bitPattern: UInt32(below & 0x7F80) << 16).ulp) * 65536
    let rest = (Double(value.magnitude) - lower) / ulp
    if rest == 0.5 { return below & 1 == 0 ? below : above }
    return rest < 0.5 ? below : above
  }

  @Test(arguments: availableLevels)
  func `every half becomes the float that it is`(level: ck_isa) {
    let found = converted(Self.allPatterns, .float16, to: .float32, zero: Float(0), level: level)
    let wrong = Self.allPatterns.indices.filter {
      found[$0].bitPattern != Float(Float16(bitPattern: UInt16($0))).bitPattern
    }
    #expect(wrong.isEmpty, "patterns \(wrong.prefix(5))")
  }

  @Test(arguments: availableLevels)
  func `every bfloat16 is the upper half of its float`(level: ck_isa) {
    let found = converted(Self.allPatterns, .bfloat16, to: .float32, zero: Float(0), level: level)
    #expect(found.map(\.bitPattern) == Self.allPatterns.map { UInt32($0) << 16 })
  }

  @Test(arguments: availableLevels)
  func `floats are rounded to halves as Swift rounds them`(level: ck_isa) {
    let found = converted(Self.floats, .float32, to: .float16, zero: UInt16(0), level: level)
    let wrong = Self.floats.indices.filter { found[$0] != Float16(Self.floats[$0]).bitPattern }
    #expect(wrong.isEmpty, "floats \(wrong.prefix(5).map { Self.floats[$0] })")
  }

  @Test(arguments: availableLevels)
  func `floats are rounded to the nearest even bfloat16`(level: ck_isa) {
    let found = converted(Self.floats, .float32, to: .bfloat16, zero: UInt16(0), level: level)
    let wrong = Self.floats.indices.filter { found[$0] != Self.bfloat16(Self.floats[$0]) }
    #expect(wrong.isEmpty, "floats \(wrong.prefix(5).map { Self.floats[$0] })")
  }

  @Test(arguments: availableLevels)
  func `all pairs of types agree with the plain loop at every length and alignment`(level: ck_isa) {
    for source in dtypes {
      for target in dtypes {
        for length in lengths {
          for offset in offsets {
            let values = Elements(Elements.random(length, seed: 3), dtype: source, offset: offset)
            let plain = Elements([Float](repeating: 0, count: length), dtype: target, offset: offset)
            let fast = Elements([Float](repeating: 0, count: length), dtype: target, offset: offset)
            ck_convert_reference(plain.pointer, target, values.pointer, source, Int64(length))
            ck_convert(fast.pointer, target, values.pointer, source, Int64(length), level, piecewise)
            #expect(fast.bytes == plain.bytes && fast.isGuardIntact)
          }
        }
      }
    }
  }
}
