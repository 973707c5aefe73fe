import CKernels
import Testing

/// Adagrad and Lion, which both have one state.
struct LionAdagradTests {
  enum Rule: CaseIterable {
    case adagrad, lion

    func step(_ buffers: inout ck_update_buffers, scale: Double, level: ck_isa?) {
      switch self {
      case .adagrad:
        var options = ck_adagrad_options(
          learning_rate: 0.05, epsilon: 1e-8, weight_decay: 0.01, gradient_multiplier: 1 / scale)
        if let level {
          ck_adagrad_step(&buffers, &options, level, piecewise)
        } else {
          ck_adagrad_step_reference(&buffers, &options)
        }
      case .lion:
        var options = ck_lion_options(
          learning_rate: 0.01, beta1: 0.9, beta2: 0.95, weight_decay: 0.1, gradient_multiplier: 1 / scale)
        if let level {
          ck_lion_step(&buffers, &options, level, piecewise)
        } else {
          ck_lion_step_reference(&buffers, &options)
        }
      }
    }
  }

  /// Weights and state after one step, as bytes.
  func stepped(
    _ rule: Rule, count: Int, dtypes: (gradient: ck_dtype, state: ck_dtype), copy: ck_dtype?, offset: Int,
    level: ck_isa?
  ) -> [[UInt8]] {
    let master = Elements(Elements.random(count, seed: 1), offset: offset)
    let state = Elements(Elements.random(count, seed: 2).map(\.magnitude), dtype: dtypes.state, offset: offset)
    let gradient = Elements(Elements.random(count, seed: 4), dtype: dtypes.gradient, offset: offset)
    let copy = copy.map { Elements([Float](repeating: 0, count: count), dtype: $0, offset: offset) }
    var buffers = ck_update_buffers.over(master, states: [state], gradient: gradient, copy: copy)
    rule.step(&buffers, scale: 128, level: level)
    #expect(master.isGuardIntact && state.isGuardIntact && copy?.isGuardIntact != false)
    return [master.bytes, state.bytes, copy?.bytes ?? []]
  }

  @Test(arguments: availableLevels, Rule.allCases)
  func `every level gives the bits of the plain loop`(level: ck_isa, rule: Rule) {
    for count in lengths {
      for gradient in dtypes {
        for state in dtypes {
          for copy in [nil, .float32, .float16, .bfloat16] as [ck_dtype?] {
            let results = [nil, level].map {
              stepped(rule, count: count, dtypes: (gradient, state), copy: copy, offset: 5, level: $0)
            }
            #expect(results[0] == results[1])
          }
        }
      }
    }
  }

  @Test(arguments: availableLevels, [(Rule.adagrad, Golden.adagrad), (.lion, Golden.lion)])
  func `five steps end where the reference ends`(level: ck_isa, golden: (rule: Rule, values: [Float])) {
    let master = Elements(Golden.initial)
    let state = Elements([Float](repeating: 0, count: Golden.initial.count))
    for step in 1...Golden.stepCount {
      let gradient = Elements(Golden.gradient(step: step).map { $0 * 1024 })
      var buffers = ck_update_buffers.over(master, states: [state], gradient: gradient)
      golden.rule.step(&buffers, scale: 1024, level: level)
    }
    #expect(zip(master.floats, golden.values).allSatisfy { abs($0 - $1) <= 3e-7 }, "\(master.floats)")
  }

  @Test(arguments: availableLevels)
  func `Lion takes the sign bit of a zero`(level: ck_isa) {
    let master = Elements([Float](repeating: 1, count: 40))
    let state = Elements([Float](repeating: 0, count: 40))
    let gradient = Elements((0..<40).map { $0 % 2 == 0 ? 0 : -0.0 })
    var buffers = ck_update_buffers.over(master, states: [state], gradient: gradient)
    var options = ck_lion_options(
      learning_rate: 0.5, beta1: 0.9, beta2: 0.99, weight_decay: 0, gradient_multiplier: 1)
    ck_lion_step(&buffers, &options, level, ck_serial())
    // 0.9 * 0 + 0.1 * -0 is +0: only a negative mean gives a negative zero.
    #expect(master.floats.allSatisfy { $0 == 0.5 })
  }
}

/// Weights in 16 bits, which are their own masters.
struct LowPrecisionWeightTests {
  @Test(arguments: availableLevels, [ck_dtype.float16, .bfloat16])
  func `16-bit weights are rounded as they are stored, at every level alike`(level: ck_isa, dtype: ck_dtype) {
    for count in lengths {
      for state in dtypes {
        var results: [[[UInt8]]] = []
        for fast in [false, true] {
          let master = Elements(Elements.random(count, seed: 1), dtype: dtype, offset: 1)
          let states = [2, 3].map {
            Elements(Elements.random(count, seed: $0).map(\.magnitude), dtype: state, offset: 3)
          }
          let gradient = Elements(Elements.random(count, seed: 4), dtype: dtype, offset: 5)
          var buffers = ck_update_buffers.over(master, states: states, gradient: gradient)
          var options = AdamTests.options
          if fast {
            ck_adam_step(&buffers, &options, level, piecewise)
          } else {
            ck_adam_step_reference(&buffers, &options)
          }
          #expect(master.isGuardIntact)
          results.append([master.bytes] + states.map(\.bytes))
        }
        #expect(results[0] == results[1])
      }
    }
  }

  @Test func `a step of 16-bit weights is the rounded step of the same weights in f32`() {
    let narrow = Elements(Elements.random(100, seed: 1), dtype: .bfloat16)
    let wide = Elements(narrow.floats)
    for master in [narrow, wide] {
      let states = [2, 3].map { Elements(Elements.random(100, seed: $0).map(\.magnitude)) }
      let gradient = Elements(Elements.random(100, seed: 4))
      var buffers = ck_update_buffers.over(master, states: states, gradient: gradient)
      var options = AdamTests.options
      ck_adam_step(&buffers, &options, .best, ck_serial())
    }
    #expect(narrow.bytes == Elements(wide.floats, dtype: .bfloat16).bytes)
  }

  @Test(arguments: availableLevels)
  func `a copy that goes past the caches has the same bits`(level: ck_isa) {
    // 128 MiB are 4 Mi elements of 32 bytes.
    let count = 6 << 20
    var results: [[UInt8]] = []
    for offset in [0, 1] {
      let master = Elements([Float](repeating: 1.25, count: count))
      let states = [Float(0.5), 0.25].map { Elements([Float](repeating: $0, count: count)) }
      let gradient = Elements([Float](repeating: 0.125, count: count))
      let copy = Elements([Float](repeating: 0, count: count), dtype: .bfloat16, offset: offset)
      var buffers = ck_update_buffers.over(master, states: states, gradient: gradient, copy: copy)
      var options = AdamTests.options
      ck_adam_step(&buffers, &options, level, piecewise)
      #expect(copy.isGuardIntact)
      results.append(copy.bytes)
    }
    #expect(results[0] == results[1])
  }
}
