import CKernels
import Dispatch
import Testing

struct ReductionTests {
  /// Longer than one block of the sum, so that blocks are joined.
  static let longLengths = lengths + [16384, 50_001]

  /// One thread of Dispatch an item. Addresses travel as integers, since pointers may not.
  static var threaded: ck_executor {
    ck_executor(
      run: { _, begin, end, _, body, argument in
        let code = Int(bitPattern: unsafeBitCast(body, to: UnsafeRawPointer.self))
        let argument = Int(bitPattern: argument)
        DispatchQueue.concurrentPerform(iterations: Int(end - begin)) { item in
          let body = unsafeBitCast(UnsafeRawPointer(bitPattern: code), to: ck_range_body.self)
          body(UnsafeMutableRawPointer(bitPattern: argument), begin + Int64(item), begin + Int64(item) + 1)
        }
      }, context: nil)
  }

  @Test(arguments: availableLevels, dtypes)
  func `the sum of squares has the same bits at every level, length, alignment and split`(
    level: ck_isa, dtype: ck_dtype
  ) {
    for length in Self.longLengths {
      for offset in offsets {
        let values = Elements(Elements.random(length, seed: 19), dtype: dtype, offset: offset)
        let plain = ck_sum_of_squares_reference(values.pointer, dtype, Int64(length))
        for executor in [ck_serial(), piecewise, Self.threaded] {
          let fast = ck_sum_of_squares(values.pointer, dtype, Int64(length), level, executor)
          #expect(fast.sum_of_squares.bitPattern == plain.sum_of_squares.bitPattern)
          #expect(fast.first_nonfinite == -1)
        }
      }
    }
  }

  @Test(arguments: availableLevels)
  func `the sum of squares is exact where doubles are`(level: ck_isa) {
    let values = (0..<30_000).map { Float($0 % 1000 - 500) }
    let exact = values.reduce(0) { $0 + Double($1) * Double($1) }
    let found = ck_sum_of_squares(values, .float32, Int64(values.count), level, ck_serial())
    #expect(found.sum_of_squares == exact)
  }

  @Test(arguments: availableLevels)
  func `the largest floats do not overflow the sum`(level: ck_isa) {
    let values = [Float](repeating: .greatestFiniteMagnitude, count: 4097)
    let found = ck_sum_of_squares(values, .float32, 4097, level, ck_serial())
    #expect(found.sum_of_squares.isFinite && found.first_nonfinite == -1)
  }

  @Test(arguments: availableLevels, dtypes)
  func `the first element that is not finite is named`(level: ck_isa, dtype: ck_dtype) {
    for (place, value) in [
      (0, Float.nan), (15, .infinity), (16, -.infinity), (40_000, .nan), (49_999, .infinity),
    ] {
      var values = Elements.random(50_000, seed: 23)
      values[place] = value
      values[49_999] = .nan
      let elements = Elements(values, dtype: dtype)
      let found = ck_sum_of_squares(elements.pointer, dtype, 50_000, level, Self.threaded)
      #expect(found.first_nonfinite == Int64(place))
      #expect(!found.sum_of_squares.isFinite)
    }
  }

  @Test(arguments: availableLevels, [1, 2, 3, 8])
  func `sums of slices agree with the plain loop`(level: ck_isa, sourceCount: Int) {
    for source in dtypes {
      for target in dtypes {
        for length in lengths {
          let slices = (0..<sourceCount).map {
            Elements(Elements.random(length, seed: UInt64(29 + $0)), dtype: source, offset: $0 % 3)
          }
          let pointers: [UnsafeRawPointer?] = slices.map { UnsafeRawPointer($0.pointer) }
          let plain = Elements([Float](repeating: 0, count: length), dtype: target, offset: 1)
          let fast = Elements([Float](repeating: 0, count: length), dtype: target, offset: 1)
          let (slots, count) = (Int64(sourceCount), Int64(length))
          ck_sum_slices_reference(plain.pointer, target, pointers, slots, source, count, 0.25)
          ck_sum_slices(fast.pointer, target, pointers, slots, source, count, 0.25, level, piecewise)
          #expect(fast.bytes == plain.bytes && fast.isGuardIntact)
        }
      }
    }
  }

  @Test(arguments: availableLevels)
  func `a sum of slices is rounded once, at its end`(level: ck_isa) {
    // Three times 2^-9 is more than half of a bfloat16's last place at 1, a single one is less.
    let one = Elements([Float](repeating: 1, count: 20), dtype: .bfloat16)
    let small = Elements([Float](repeating: 0x1p-9, count: 20), dtype: .bfloat16)
    let pointers: [UnsafeRawPointer?] = [one, small, small, small].map { UnsafeRawPointer($0.pointer) }
    ck_sum_slices(one.pointer, .bfloat16, pointers, 4, .bfloat16, 20, 1, level, ck_serial())
    #expect(one.floats.allSatisfy { $0 == 1 + 0x1p-7 })
  }
}
