import CKernels
import Testing

struct AdamTests {
  static let options = ck_adam_options(
    learning_rate: 1e-2, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weight_decay: 0.1, step: 3,
    bias_correction: true,
    decoupled: true, gradient_multiplier: 1 / 128.0)

  /// The buffers of one step over `count` elements, the same numbers each time it is made.
  struct Operands {
    let master, first, second, gradient: Elements
    let copy: Elements?

    init(_ count: Int, gradient: ck_dtype, state: ck_dtype, copy: ck_dtype?, offset: Int) {
      master = Elements(Elements.random(count, seed: 1), offset: offset)
      first = Elements(Elements.random(count, seed: 2), dtype: state, offset: offset)
      second = Elements(Elements.random(count, seed: 3).map(\.magnitude), dtype: state, offset: offset)
      self.gradient = Elements(Elements.random(count, seed: 4), dtype: gradient, offset: offset)
      self.copy = copy.map { Elements([Float](repeating: 0, count: count), dtype: $0, offset: offset) }
    }

    var buffers: ck_update_buffers { .over(master, states: [first, second], gradient: gradient, copy: copy) }

    var results: [[UInt8]] { [master.bytes, first.bytes, second.bytes, copy?.bytes ?? []] }

    var areGuardsIntact: Bool {
      master.isGuardIntact && first.isGuardIntact && second.isGuardIntact && copy?.isGuardIntact != false
    }
  }

  func stepped(
    _ options: ck_adam_options, count: Int = 1000, gradient: ck_dtype = .float32, state: ck_dtype = .float32,
    copy: ck_dtype? = nil, offset: Int = 0, level: ck_isa? = nil, executor: ck_executor = ck_serial()
  ) -> Operands {
    let operands = Operands(count, gradient: gradient, state: state, copy: copy, offset: offset)
    var (buffers, options) = (operands.buffers, options)
    if let level {
      ck_adam_step(&buffers, &options, level, executor)
    } else {
      ck_adam_step_reference(&buffers, &options)
    }
    return operands
  }

  @Test(arguments: availableLevels, lengths)
  func `every level gives the bits of the plain loop`(level: ck_isa, count: Int) {
    for gradient in dtypes {
      for state in dtypes {
        for copy in [nil, .float32, .float16, .bfloat16] as [ck_dtype?] {
          for offset in offsets {
            let plain = stepped(
              Self.options, count: count, gradient: gradient, state: state, copy: copy, offset: offset)
            let fast = stepped(
              Self.options, count: count, gradient: gradient, state: state, copy: copy, offset: offset,
              level: level,
              executor: piecewise)
            #expect(fast.results == plain.results && fast.areGuardsIntact)
          }
        }
      }
    }
  }

  @Test(arguments: availableLevels)
  func `the way a long buffer is split does not change a bit`(level: ck_isa) {
    let whole = stepped(Self.options, count: 100_003, gradient: .bfloat16, copy: .bfloat16, level: level)
    let split = stepped(
      Self.options, count: 100_003, gradient: .bfloat16, copy: .bfloat16, level: level, executor: piecewise)
    #expect(whole.results == split.results)
  }

  @Test(arguments: availableLevels)
  func `five steps end where those of torch end`(level: ck_isa) {
    for (golden, isDecoupled) in [(Golden.adamW, true), (Golden.adamL2, false)] {
      let count = Golden.initial.count
      let master = Elements(Golden.initial)
      let zeros = [Float](repeating: 0, count: count)
      let (first, second) = (Elements(zeros), Elements(zeros))
      for step in 1...Golden.stepCount {
        let gradient = Elements(Golden.gradient(step: step).map { $0 * 1024 })
        var buffers = ck_update_buffers.over(master, states: [first, second], gradient: gradient)
        var options = ck_adam_options(
          learning_rate: 1e-2, beta1: isDecoupled ? 0.9 : 0.8, beta2: isDecoupled ? 0.95 : 0.99,
          epsilon: isDecoupled ? 1e-8 : 1e-6, weight_decay: 0.1, step: Int64(step), bias_correction: true,
          decoupled: isDecoupled, gradient_multiplier: 1 / 1024.0)
        ck_adam_step(&buffers, &options, level, ck_serial())
      }
      // Five updates of 1e-2 in f32: a few units in the last place of the parameters.
      #expect(zip(master.floats, golden).allSatisfy { abs($0 - $1) <= 3e-7 }, "\(master.floats)")
    }
  }

  @Test func `without bias correction the first step uses the moments as they are`() {
    var options = Self.options
    options.bias_correction = false
    options.weight_decay = 0
    options.gradient_multiplier = 1
    let (master, zero, gradient) = (Elements([1]), [Float](repeating: 0, count: 1), Elements([0.5]))
    let (first, second) = (Elements(zero), Elements(zero))
    var buffers = ck_update_buffers.over(master, states: [first, second], gradient: gradient)
    ck_adam_step(&buffers, &options, .best, ck_serial())
    let expected = 1 - 1e-2 * 0.05 / (0.05 * 0.25).squareRoot()
    #expect(abs(Double(master.floats[0]) - expected) < 1e-7)
  }

  @Test func `the copy is the rounded new master`() {
    let result = stepped(Self.options, gradient: .bfloat16, copy: .bfloat16, level: .best)
    let rounded = Elements(result.master.floats, dtype: .bfloat16)
    #expect(result.copy?.bytes == rounded.bytes)
  }
}
