/// The upper half of a `Float`: 8 bits of exponent, 7 of fraction.
public struct BFloat16: Sendable, BitwiseCopyable, Equatable, CustomStringConvertible {
  /// Sign, exponent and fraction.
  public var bitPattern: UInt16

  /// The number with these bits.
  public init(bitPattern: UInt16) {
    self.bitPattern = bitPattern
  }

  /// The nearest number; ties go to the even one, as in libtorch. Not-a-number stays so.
  public init(_ value: Float) {
    if value.isNaN {
      bitPattern = 0x7FC0
    } else {
      let bits = value.bitPattern
      bitPattern = UInt16(truncatingIfNeeded: (bits &+ (0x7FFF + (bits >> 16 & 1))) >> 16)
    }
  }

  /// The same number, exactly.
  public var floatValue: Float {
    Float(bitPattern: UInt32(bitPattern) << 16)
  }

  /// Equal as numbers: zeros of both signs are equal, not-a-number is equal to nothing.
  public static func == (left: BFloat16, right: BFloat16) -> Bool {
    left.floatValue == right.floatValue
  }

  /// The number in decimal, as a `Float` of the same value prints.
  public var description: String {
    floatValue.description
  }
}
