import CKernels

/// A seeded source of numbers: Steele, Lea and Flood 2014, SplitMix64.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// A buffer of elements that starts `offset` elements after a 64-byte boundary, with guard elements behind
/// it.
final class Elements {
  let count: Int
  let dtype: ck_dtype
  private let allocation: UnsafeMutableRawPointer
  let pointer: UnsafeMutableRawPointer
  private static let guardCount = 32
  private static let guardByte: UInt8 = 0xA5

  var width: Int { dtype == .float32 ? 4 : 2 }

  init(_ values: [Float], dtype: ck_dtype = .float32, offset: Int = 0) {
    count = values.count
    self.dtype = dtype
    let width = dtype == .float32 ? 4 : 2
    let byteCount = (offset + values.count + Self.guardCount) * width
    allocation = .allocate(byteCount: byteCount, alignment: 64)
    allocation.initializeMemory(as: UInt8.self, repeating: Self.guardByte, count: byteCount)
    pointer = allocation + offset * width
    values.withUnsafeBufferPointer {
      ck_convert_reference(pointer, dtype, $0.baseAddress, .float32, Int64(count))
    }
  }

  deinit { allocation.deallocate() }

  /// `count` numbers of both signs between 2^-12 and 16 in magnitude.
  static func random(_ count: Int, seed: UInt64) -> [Float] {
    var generator = SplitMix(state: seed)
    return (0..<count).map { _ in
      let bits = generator.next()
      let exponent = UInt32(truncatingIfNeeded: bits >> 32) & 15
      let fraction = UInt32(truncatingIfNeeded: bits) & 0x807F_FFFF
      return Float(bitPattern: fraction | (exponent + 115) << 23)
    }
  }

  var bytes: [UInt8] { [UInt8](UnsafeRawBufferPointer(start: pointer, count: count * width)) }

  var floats: [Float] {
    var values = [Float](repeating: 0, count: count)
    values.withUnsafeMutableBufferPointer {
      ck_convert_reference($0.baseAddress, .float32, pointer, dtype, Int64(count))
    }
    return values
  }

  /// Whether nothing was written behind the last element.
  var isGuardIntact: Bool {
    UnsafeRawBufferPointer(start: pointer + count * width, count: Self.guardCount * width)
      .allSatisfy { $0 == Self.guardByte }
  }
}

/// The levels this processor has; a level it lacks would only repeat a lower one.
let availableLevels: [ck_isa] = [.portable, .avx2, .avx512].filter { ck_resolve_isa($0) == $0 }

let dtypes: [ck_dtype] = [.float32, .float16, .bfloat16]

/// Lengths around the register widths, and offsets that break every alignment but that of the element.
let lengths = [0, 1, 7, 15, 16, 17, 1000, 4097]
let offsets = [0, 1, 5]

/// Runs a loop in uneven pieces from the last to the first.
var piecewise: ck_executor {
  ck_executor(
    run: { _, begin, end, _, body, argument in
      var last = end
      var size: Int64 = 1
      while last > begin {
        let first = max(begin, last - size)
        body(argument, first, last)
        last = first
        size = size * 2 + 1
      }
    }, context: nil)
}

extension ck_update_buffers {
  /// The buffers of one step.
  static func over(_ master: Elements, states: [Elements], gradient: Elements, copy: Elements? = nil) -> Self {
    Self(
      count: Int64(master.count), master: master.pointer, master_dtype: master.dtype,
      states: (states.first?.pointer, states.count > 1 ? states[1].pointer : nil),
      state_dtype: states.first?.dtype ?? .float32, gradient: gradient.pointer, gradient_dtype: gradient.dtype,
      copy: copy?.pointer, copy_dtype: copy?.dtype ?? .float32)
  }
}
