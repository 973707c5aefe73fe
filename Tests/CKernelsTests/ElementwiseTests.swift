import CKernels
import Testing

struct ElementwiseTests {
  @Test(arguments: availableLevels, dtypes)
  func `scaling in place agrees with the plain loop`(level: ck_isa, dtype: ck_dtype) {
    for length in lengths {
      for offset in offsets {
        let values = Elements.random(length, seed: 11)
        let plain = Elements(values, dtype: dtype, offset: offset)
        let fast = Elements(values, dtype: dtype, offset: offset)
        ck_scale_reference(plain.pointer, dtype, Int64(length), 0.3)
        ck_scale(fast.pointer, dtype, Int64(length), 0.3, level, piecewise)
        #expect(fast.bytes == plain.bytes && fast.isGuardIntact)
      }
    }
  }

  @Test func `scaling multiplies each element`() {
    let values = Elements([1, -2, 3, 0.5], dtype: .bfloat16)
    ck_scale(values.pointer, .bfloat16, 4, 4, .best, ck_serial())
    #expect(values.floats == [4, -8, 12, 2])
  }

  @Test(arguments: availableLevels, dtypes)
  func `accumulation agrees with the plain loop`(level: ck_isa, dtype: ck_dtype) {
    for length in lengths {
      for offset in offsets {
        let source = Elements(Elements.random(length, seed: 13), dtype: dtype, offset: offset)
        let start = Elements.random(length, seed: 17)
        let plain = Elements(start, offset: offset)
        let fast = Elements(start, offset: offset)
        let count = Int64(length)
        ck_accumulate_reference(
          plain.pointer.assumingMemoryBound(to: Float.self), source.pointer, dtype, count, 0.7)
        ck_accumulate(
          fast.pointer.assumingMemoryBound(to: Float.self), source.pointer, dtype, count, 0.7, level,
          piecewise)
        #expect(fast.bytes == plain.bytes && fast.isGuardIntact)
      }
    }
  }

  @Test func `accumulation adds the scaled source`() {
    let sum = Elements([1, 2, 3])
    let source = Elements([2, -4, 8], dtype: .float16)
    ck_accumulate(
      sum.pointer.assumingMemoryBound(to: Float.self), source.pointer, .float16, 3, 0.5, .best, ck_serial())
    #expect(sum.floats == [2, 0, 7])
  }
}
