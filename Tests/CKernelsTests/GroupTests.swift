import CKernels
import Testing

/// Codes and scales of a number of elements, with guard bytes behind them.
private final class Coded {
  let grouping: ck_grouping
  let count: Int
  let codes: UnsafeMutableBufferPointer<UInt8>
  let scales: UnsafeMutableBufferPointer<Float>

  init(_ count: Int, bits: Int32, length: Int32 = 64, filledWith byte: UInt8 = 0xA5) {
    grouping = ck_grouping(bits: bits, length: length)
    self.count = count
    codes = .allocate(capacity: Int(ck_code_bytes(grouping, Int64(count))) + 16)
    codes.initialize(repeating: byte)
    scales = .allocate(capacity: Int(ck_group_count(grouping, Int64(count))) + 1)
    scales.initialize(repeating: Float(byte))
  }

  deinit {
    codes.deallocate()
    scales.deallocate()
  }

  /// Quantised zeros.
  static func zeros(_ count: Int) -> Coded { Coded(count, bits: 8, filledWith: 0) }

  var place: ck_coded { ck_coded(codes: codes.baseAddress, scales: scales.baseAddress) }

  func quantize(_ values: Elements, level: ck_isa?, feedback: Coded? = nil, executor: ck_executor = ck_serial()) {
    withFeedback(feedback) { feedback in
      if let level {
        ck_quantize_groups(
          place, values.pointer, values.dtype, Int64(count), grouping, feedback, level, executor)
      } else {
        ck_quantize_groups_reference(place, values.pointer, values.dtype, Int64(count), grouping, feedback)
      }
    }
  }

  func requantize(
    _ sources: [Coded], factor: Double, level: ck_isa?, feedback: Coded? = nil,
    executor: ck_executor = ck_serial()
  ) {
    let from = sources.map(\.place)
    withFeedback(feedback) { feedback in
      if let level {
        ck_requantize_groups(
          place, from, Int64(from.count), Int64(count), grouping, factor, feedback, level, executor)
      } else {
        ck_requantize_groups_reference(
          place, from, Int64(from.count), Int64(count), grouping, factor, feedback)
      }
    }
  }

  static func sum(
    _ sources: [Coded], factor: Double = 1, dtype: ck_dtype = .float32, level: ck_isa?,
    executor: ck_executor = ck_serial()
  ) -> Elements {
    let (count, grouping) = (sources[0].count, sources[0].grouping)
    let result = Elements([Float](repeating: 0, count: count), dtype: dtype, offset: 1)
    let from = sources.map(\.place)
    if let level {
      ck_dequantize_groups(
        result.pointer, dtype, from, Int64(from.count), Int64(count), grouping, factor, level, executor)
    } else {
      ck_dequantize_groups_reference(
        result.pointer, dtype, from, Int64(from.count), Int64(count), grouping, factor)
    }
    return result
  }

  private func withFeedback(_ feedback: Coded?, _ body: (UnsafePointer<ck_error_feedback>?) -> Void) {
    guard let feedback else { return body(nil) }
    withUnsafePointer(to: ck_error_feedback(error: feedback.place, beta: 0.8)) { body($0) }
  }

  static func == (left: Coded, right: Coded) -> Bool {
    left.codes.elementsEqual(right.codes)
      && left.scales.map(\.bitPattern) == right.scales.map(\.bitPattern)
  }
}

struct GroupTests {
  static let counts = [0, 1, 2, 31, 63, 64, 65, 127, 1000, 4097]
  static let widths: [Int32] = [8, 4]

  private func random(_ count: Int, seed: UInt64, dtype: ck_dtype = .float32) -> Elements {
    Elements(Elements.random(count, seed: seed), dtype: dtype, offset: 1)
  }

  @Test(arguments: availableLevels, widths)
  func `quantisation agrees with the plain loop, with and without feedback`(level: ck_isa, bits: Int32) {
    for dtype in dtypes {
      for count in Self.counts {
        let values = random(count, seed: 31, dtype: dtype)
        let (plain, fast) = (Coded(count, bits: bits), Coded(count, bits: bits))
        plain.quantize(values, level: nil)
        fast.quantize(values, level: level, executor: piecewise)
        #expect(fast == plain)
        let (plainError, fastError) = (Coded.zeros(count), Coded.zeros(count))
        for _ in 0..<3 {
          plain.quantize(values, level: nil, feedback: plainError)
          fast.quantize(values, level: level, feedback: fastError, executor: piecewise)
        }
        #expect(fast == plain)
        #expect(fastError == plainError)
      }
    }
  }

  @Test(arguments: availableLevels, widths)
  func `sums, and sums quantised again, agree with the plain loop`(level: ck_isa, bits: Int32) {
    for count in Self.counts {
      for sourceCount in [1, 2, 5] {
        let sources = (0..<sourceCount).map { index in
          let coded = Coded(count, bits: bits)
          coded.quantize(random(count, seed: UInt64(37 + index)), level: nil)
          return coded
        }
        for dtype in dtypes {
          let plain = Coded.sum(sources, factor: 0.3, dtype: dtype, level: nil)
          let fast = Coded.sum(sources, factor: 0.3, dtype: dtype, level: level, executor: piecewise)
          #expect(fast.bytes == plain.bytes && fast.isGuardIntact)
        }
        let (plain, fast) = (Coded(count, bits: bits), Coded(count, bits: bits))
        let (plainError, fastError) = (Coded.zeros(count), Coded.zeros(count))
        for feedback in [false, true] {
          plain.requantize(sources, factor: 0.5, level: nil, feedback: feedback ? plainError : nil)
          fast.requantize(
            sources, factor: 0.5, level: level, feedback: feedback ? fastError : nil, executor: piecewise)
          #expect(fast == plain)
          #expect(fastError == plainError)
        }
      }
    }
  }

  @Test(arguments: availableLevels)
  func `codes, packing and scales are those of the definition`(level: ck_isa) {
    // The largest is 7 scales of a half each; 0.75 and 1.25 lie between two codes and go to the even one.
    let values = Elements([0.5, -1, 3.5, 0.75, 1.25, -3.5, 0])
    let four = Coded(7, bits: 4)
    four.quantize(values, level: level)
    #expect(four.scales[0] == 0.5)
    // Codes 1, -2, 7, 2 in the low halves, 2, -7, 0 in the high ones.
    #expect(Array(four.codes.prefix(4)) == [0x21, 0x9E, 0x07, 0x02])
    #expect(Coded.sum([four], level: level).floats == [0.5, -1, 3.5, 1, 1, -3.5, 0])
    let eight = Coded(4, bits: 8)
    eight.quantize(Elements([127, -1, 64.5, -2.5]), level: level)
    #expect(eight.scales[0] == 1)
    let codes = eight.codes.prefix(4).map { Int8(bitPattern: $0) }
    #expect(codes == [127, -1, 64, -2])
    #expect(ck_code_bytes(ck_grouping(bits: 4, length: 64), 129) == 65)
    #expect(ck_group_count(ck_grouping(bits: 4, length: 64), 129) == 3)
  }

  @Test(arguments: availableLevels, widths)
  func `no element is off by more than half a scale`(level: ck_isa, bits: Int32) {
    let values = random(1000, seed: 41)
    let coded = Coded(1000, bits: bits)
    coded.quantize(values, level: level)
    for (index, (value, back)) in zip(values.floats, Coded.sum([coded], level: level).floats).enumerated() {
      #expect(abs(value - back) <= coded.scales[index / 64] * 0.5001)
    }
  }

  @Test(arguments: availableLevels, widths)
  func `a group that is not finite becomes NaN, and a vanishing one zero`(level: ck_isa, bits: Int32) {
    var values = [Float](repeating: 1, count: 192)
    values[70] = .infinity
    values[130] = 1e-35
    for index in 128..<192 { values[index] *= 1e-35 }
    let coded = Coded(192, bits: bits)
    let errors = Coded.zeros(192)
    coded.quantize(Elements(values), level: level, feedback: errors)
    let back = Coded.sum([coded], level: level).floats
    #expect(back[..<64].allSatisfy { $0 == 1 })
    #expect(back[64..<128].allSatisfy { $0.isNaN })
    #expect(back[128...].allSatisfy { $0 == 0 })
    #expect(Coded.sum([errors], level: level).floats.allSatisfy { $0.isFinite })
  }

  @Test(arguments: availableLevels)
  func `feedback makes the mean of many quantisations right`(level: ck_isa) {
    // 0.3 of a scale is always rounded away; with feedback it is made up for, step by step.
    var values = [Float](repeating: 0.3, count: 64)
    values[0] = 7
    let elements = Elements(values)
    func mean(feedback: Coded?) -> Float {
      let coded = Coded(64, bits: 4)
      var sum: Float = 0
      for _ in 0..<200 {
        coded.quantize(elements, level: level, feedback: feedback)
        sum += Coded.sum([coded], level: level).floats[5]
      }
      return sum / 200
    }
    #expect(mean(feedback: nil) == 0)
    let corrected = mean(feedback: .zeros(64))
    #expect(corrected > 0.2 && corrected < 0.4)
  }
}
