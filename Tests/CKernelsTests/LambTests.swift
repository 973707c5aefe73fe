import CKernels
import Testing

struct LambTests {
  static func options(step: Int, inside: Bool = false, decay: Double = 0.1, epsilon: Double = 1e-6) -> ck_lamb_options {
    ck_lamb_options(
      learning_rate: 0.01, beta1: 0.9, beta2: 0.95, epsilon: epsilon, epsilon_inside_root: inside,
      weight_decay: decay, step: Int64(step), bias_correction: true, gradient_multiplier: 1 / 1024.0)
  }

  struct Result: Equatable {
    var squares: [Double]
    var bytes: [[UInt8]]
  }

  func stepped(
    count: Int, dtypes: (master: ck_dtype, gradient: ck_dtype, state: ck_dtype), copy: ck_dtype?, level: ck_isa?
  ) -> Result {
    let master = Elements(Elements.random(count, seed: 1), dtype: dtypes.master, offset: 1)
    let states = [2, 3].map {
      Elements(Elements.random(count, seed: $0).map(\.magnitude), dtype: dtypes.state, offset: 5)
    }
    let gradient = Elements(Elements.random(count, seed: 4), dtype: dtypes.gradient, offset: 3)
    let copy = copy.map { Elements([Float](repeating: 0, count: count), dtype: $0, offset: 1) }
    var buffers = ck_update_buffers.over(master, states: states, gradient: gradient, copy: copy)
    var options = Self.options(step: 3)
    let squares: ck_lamb_squares
    if let level {
      squares = ck_lamb_moments(&buffers, &options, level, piecewise)
      ck_lamb_apply(&buffers, &options, 0.7, level, piecewise)
    } else {
      squares = ck_lamb_moments_reference(&buffers, &options)
      ck_lamb_apply_reference(&buffers, &options, 0.7)
    }
    #expect(([master] + states).allSatisfy(\.isGuardIntact) && copy?.isGuardIntact != false)
    return Result(
      squares: [squares.weights, squares.direction],
      bytes: ([master] + states).map(\.bytes) + [copy?.bytes ?? []])
  }

  @Test(arguments: availableLevels, lengths + [100_003])
  func `every level gives the bits of the plain loops`(level: ck_isa, count: Int) {
    let kinds: [(master: ck_dtype, gradient: ck_dtype, state: ck_dtype)] =
      count > 5000
      ? [(.float32, .bfloat16, .float32)]
      : [(.float32, .float32, .float32), (.float32, .bfloat16, .bfloat16), (.bfloat16, .bfloat16, .float16)]
    for kind in kinds {
      let copy = kind.master == .float32 ? ck_dtype.bfloat16 : nil
      let plain = stepped(count: count, dtypes: kind, copy: copy, level: nil)
      #expect(stepped(count: count, dtypes: kind, copy: copy, level: level) == plain)
    }
  }

  @Test(arguments: availableLevels, [false, true])
  func `five steps of two parameters end where the formula ends`(level: ck_isa, inside: Bool) {
    let split = 4
    var ends: [Float] = []
    for part in [0..<split, split..<Golden.initial.count] {
      let master = Elements(Array(Golden.initial[part]))
      let states = [0, 1].map { _ in Elements([Float](repeating: 0, count: part.count)) }
      for step in 1...Golden.stepCount {
        let gradient = Elements(Golden.gradient(step: step)[part].map { $0 * 1024 })
        var buffers = ck_update_buffers.over(master, states: states, gradient: gradient)
        var options =
          inside ? Self.options(step: step, inside: true, decay: 0, epsilon: 1e-3) : Self.options(step: step)
        let squares = ck_lamb_moments(&buffers, &options, level, ck_serial())
        let ratio = (squares.weights / squares.direction).squareRoot()
        ck_lamb_apply(&buffers, &options, min(max(ratio, 0.01), 10), level, ck_serial())
      }
      ends += master.floats
    }
    let golden = inside ? Golden.lambInside : Golden.lamb
    #expect(zip(ends, golden).allSatisfy { abs($0 - $1) <= 5e-7 }, "\(ends)")
  }
}
