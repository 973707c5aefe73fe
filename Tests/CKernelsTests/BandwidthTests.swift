import CKernels
import Testing

struct BandwidthTests {
  @Test(arguments: availableLevels, lengths)
  func `the triad adds a multiple`(level: ck_isa, count: Int) {
    for offset in offsets {
      let (a, b) = (Elements.random(count, seed: 1), Elements.random(count, seed: 2))
      let result = Elements([Float](repeating: 0, count: count), offset: offset)
      ck_triad(
        result.pointer.assumingMemoryBound(to: Float.self), a, b, 3, Int64(count), level, piecewise)
      #expect(result.floats == zip(a, b).map { $0 + 3 * $1 } && result.isGuardIntact)
    }
  }
}
