import CKernels
import Testing

struct SGDTests {
  static func options(
    step: Int, momentum: Double = 0.9, dampening: Double = 0, nesterov: Bool = false, decay: Double = 0
  )
    -> ck_sgd_options
  {
    ck_sgd_options(
      learning_rate: 0.05, momentum: momentum, dampening: dampening, weight_decay: decay, nesterov: nesterov,
      first_step: step == 1, gradient_multiplier: 1 / 1024.0)
  }

  func buffers(_ master: Elements, _ momentum: Elements?, _ gradient: Elements, _ copy: Elements?)
    -> ck_update_buffers
  {
    .over(master, states: momentum.map { [$0] } ?? [], gradient: gradient, copy: copy)
  }

  @Test(arguments: availableLevels, lengths)
  func `every level gives the bits of the plain loop`(level: ck_isa, count: Int) {
    for gradientType in dtypes {
      for hasMomentum in [false, true] {
        for (nesterov, step) in [(false, 1), (false, 2), (true, 2)] {
          let gradient = Elements(Elements.random(count, seed: 4), dtype: gradientType, offset: 3)
          var results: [[[UInt8]]] = []
          for fast in [false, true] {
            let master = Elements(Elements.random(count, seed: 1), offset: 1)
            let momentum = hasMomentum ? Elements(Elements.random(count, seed: 2), offset: 2) : nil
            let copy = Elements([Float](repeating: 0, count: count), dtype: .bfloat16, offset: 5)
            var operands = buffers(master, momentum, gradient, copy)
            var options = Self.options(step: step, dampening: 0.3, nesterov: nesterov, decay: 0.01)
            if fast {
              ck_sgd_step(&operands, &options, level, piecewise)
            } else {
              ck_sgd_step_reference(&operands, &options)
            }
            #expect(master.isGuardIntact && copy.isGuardIntact && momentum?.isGuardIntact != false)
            results.append([master.bytes, momentum?.bytes ?? [], copy.bytes])
          }
          #expect(results[0] == results[1])
        }
      }
    }
  }

  @Test(arguments: availableLevels)
  func `five steps end where those of torch end`(level: ck_isa) {
    let cases: [([Float], Bool, (Int) -> ck_sgd_options)] = [
      (Golden.sgd, false, { Self.options(step: $0, momentum: 0, decay: 0.01) }),
      (Golden.sgdMomentum, true, { Self.options(step: $0, dampening: 0.3) }),
      (Golden.sgdNesterov, true, { Self.options(step: $0, nesterov: true, decay: 0.01) }),
    ]
    for (golden, hasMomentum, makeOptions) in cases {
      let master = Elements(Golden.initial)
      let momentum = hasMomentum ? Elements([Float](repeating: 0, count: golden.count)) : nil
      for step in 1...Golden.stepCount {
        let gradient = Elements(Golden.gradient(step: step).map { $0 * 1024 })
        var operands = buffers(master, momentum, gradient, nil)
        var options = makeOptions(step)
        ck_sgd_step(&operands, &options, level, ck_serial())
      }
      #expect(zip(master.floats, golden).allSatisfy { abs($0 - $1) <= 3e-7 }, "\(master.floats)")
    }
  }
}
