import CKernels
import Foundation
import Testing

/// Random numbers by position, against published words, the plain loops and the laws they follow.
struct RandomTests {
  private static let key: UInt64 = 0x0123_4567_89AB_CDEF

  private func run(_ elements: Elements, key: UInt64 = key, first: Int = 0) -> ck_random_run {
    ck_random_run(
      values: elements.pointer, dtype: elements.dtype, count: Int64(elements.count), key: key,
      first: Int64(first))
  }

  private func normal(
    _ count: Int, key: UInt64 = key, first: Int = 0, dtype: ck_dtype = .float32, level: ck_isa = .best
  ) -> Elements {
    let elements = Elements([Float](repeating: 7, count: count), dtype: dtype)
    var run = run(elements, key: key, first: first)
    ck_fill_normal(&run, 1, level, piecewise)
    return elements
  }

  @Test func `the words are those of Philox with ten rounds`() {
    // The known answer of counter 0 and key 0 that comes with the authors' Random123, the upper 24 bits.
    let elements = Elements([Float](repeating: 0, count: 64))
    var run = run(elements, key: 0)
    ck_fill_uniform(&run, 0, 1, .best, ck_serial())
    let words = [0, 16, 32, 48].map { UInt32(elements.floats[$0] * 0x1p24) }
    #expect(words == [0x6627_E8, 0xE169_C5, 0xBC57_AC, 0x9B00_DB])
  }

  @Test(arguments: dtypes)
  func `every level has the bits of the plain loop at every position`(dtype: ck_dtype) {
    for length in lengths + [63, 64, 65, 9000] {
      for first in [0, 1, 63, 64, 1000, Int(1) << 40] {
        let expected = (0..<2).map { _ in Elements([Float](repeating: 0, count: length), dtype: dtype) }
        var runs = expected.map { run($0, first: first) }
        ck_fill_normal_reference(&runs[0], 0.02)
        ck_fill_uniform_reference(&runs[1], -3, 5)
        for level in availableLevels {
          for offset in offsets {
            let found = (0..<2).map { _ in
              Elements([Float](repeating: 0, count: length), dtype: dtype, offset: offset)
            }
            var runs = found.map { run($0, first: first) }
            ck_fill_normal(&runs[0], 0.02, level, piecewise)
            ck_fill_uniform(&runs[1], -3, 5, level, ck_serial())
            #expect(found.map(\.bytes) == expected.map(\.bytes) && found.allSatisfy { $0.isGuardIntact })
          }
        }
      }
    }
  }

  @Test func `a stream in pieces is the stream at once`() {
    let whole = normal(1000, first: 37).floats
    let cuts = [0, 1, 64, 100, 512, 999, 1000]
    let pieces = zip(cuts, cuts.dropFirst()).flatMap { normal($1 - $0, first: 37 + $0).floats }
    #expect(pieces == whole)
  }

  @Test func `streams of different keys differ`() {
    #expect(zip(normal(4096).floats, normal(4096, key: Self.key + 1).floats).allSatisfy { $0 != $1 })
  }

  @Test func `normal numbers have the moments and the tails of their law`() {
    let count = 1 << 20
    let values = normal(count).floats.map(Double.init)
    func moment(_ power: Int) -> Double { values.reduce(0) { $0 + pow($1, Double(power)) } / Double(count) }
    // Five standard errors of each moment: the square roots of 1, 2, 15 and 96 over that of the count.
    let unit = 5 / Double(count).squareRoot()
    #expect(abs(moment(1)) < unit)
    #expect(abs(moment(2) - 1) < unit * 2.squareRoot())
    #expect(abs(moment(3)) < unit * 15.squareRoot())
    #expect(abs(moment(4) - 3) < unit * 96.squareRoot())
    for (limit, share) in [(1.0, 0.317310508), (2, 0.045500264), (3, 0.002699796), (4, 0.000063342)] {
      let found = Double(values.count { abs($0) > limit }) / Double(count)
      #expect(abs(found - share) < 5 * (share / Double(count)).squareRoot())
    }
    // Neighbours in memory, and the two numbers of a pair, do not know of each other.
    for distance in [1, 16, 32, 64] {
      let products = zip(values, values.dropFirst(distance)).reduce(0) { $0 + $1.0 * $1.1 } / Double(count)
      #expect(abs(products) < unit)
    }
  }

  @Test func `normal numbers equal the formula in double precision`() {
    let count = 4096
    let uniform = Elements([Float](repeating: 0, count: count))
    var run = run(uniform)
    ck_fill_uniform(&run, 0, 1, .best, ck_serial())
    let (u, z) = (uniform.floats, normal(count).floats)
    for start in stride(from: 0, to: count, by: 32) {
      for lane in start..<start + 16 {
        // Of the words the upper 24 bits are known, which leaves the radius this uncertain.
        let share = Double(u[lane]) + 0x1p-25
        let radius = (-2 * log(share)).squareRoot()
        let angle = 2 * Double.pi * (Double(u[lane + 16]) + 0x1p-25)
        let tolerance = 4e-6 + 0x1p-25 / (share * radius)
        #expect(abs(Double(z[lane]) - radius * cos(angle)) < tolerance)
        #expect(abs(Double(z[lane + 16]) - radius * sin(angle)) < tolerance)
      }
    }
  }

  @Test func `uniform numbers fill their range evenly`() {
    let count = 1 << 20
    let elements = Elements([Float](repeating: 0, count: count))
    var run = run(elements)
    ck_fill_uniform(&run, -2, 6, .best, piecewise)
    var bins = [Int](repeating: 0, count: 16)
    let values = elements.floats
    #expect(values.allSatisfy { $0 >= -2 && $0 < 6 })
    for value in values { bins[min(max(Int((value + 2) * 2), 0), 15)] += 1 }
    let expected = Double(count) / 16
    #expect(bins.allSatisfy { abs(Double($0) - expected) < 5 * expected.squareRoot() })
  }
}
