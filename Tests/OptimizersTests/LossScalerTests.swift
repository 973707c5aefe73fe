import Foundation
import Testing

@testable import Optimizers

struct LossScalerTests {
  @Test(arguments: LossScaleGolden.all.indices)
  func `scales are those of DeepSpeed's ZeRO scaler`(index: Int) throws {
    let golden = LossScaleGolden.all[index]
    var scaler = try LossScaler(
      initialPower: golden.initialPower,
      dynamic: .init(
        window: golden.window, hysteresis: golden.hysteresis, refillsHysteresis: golden.isConsecutive))
    for (mark, expected) in zip(golden.pattern, golden.scales) {
      try scaler.update(overflow: mark == "o")
      #expect(scaler.scale == expected)
    }
  }

  @Test func `two overflows quarter the scale and a window doubles it`() throws {
    var scaler = try LossScaler(initialPower: 8, dynamic: .init(window: 2, hysteresis: 1))
    for overflow in [true, true, false, false, false] { try scaler.update(overflow: overflow) }
    #expect(scaler.scale == 256 / 4 * 2)
  }

  @Test func `an overflow at the minimum is an error that suggests bf16`() throws {
    var scaler = try LossScaler(initialPower: 4, dynamic: .init(hysteresis: 1, minimum: 1))
    for _ in 0..<4 { try scaler.update(overflow: true) }
    #expect(scaler.scale == 1)
    let before = scaler
    let error = #expect(throws: OptimizerError.self) { try scaler.update(overflow: true) }
    #expect(error?.description.contains("bf16") == true)
    #expect(error?.description.contains("step 4") == true)
    #expect(scaler == before)
  }

  @Test func `the scale does not go below a minimum that is no power of two`() throws {
    var scaler = try LossScaler(initialPower: 2, dynamic: .init(hysteresis: 1, minimum: 1.5))
    try scaler.update(overflow: true)
    try scaler.update(overflow: true)
    #expect(scaler.scale == 1.5)
  }

  @Test func `a fixed scale stays`() throws {
    var scaler = try LossScaler(fixed: 128)
    try scaler.update(overflow: true)
    try scaler.update(overflow: false)
    #expect(scaler.scale == 128)
  }

  @Test func `a saved scaler goes on as if it had not been interrupted`() throws {
    let golden = LossScaleGolden.all[2]
    var scaler = try LossScaler(
      initialPower: golden.initialPower, dynamic: .init(window: golden.window, hysteresis: golden.hysteresis))
    for (mark, expected) in zip(golden.pattern, golden.scales) {
      scaler = try JSONDecoder().decode(LossScaler.self, from: JSONEncoder().encode(scaler))
      try scaler.update(overflow: mark == "o")
      #expect(scaler.scale == expected)
    }
  }

  @Test func `settings that make no sense are errors that name them`() {
    let makers: [(String, () throws -> LossScaler)] = [
      ("loss_scale", { try LossScaler(fixed: 0) }),
      ("loss_scale", { try LossScaler(fixed: .infinity) }),
      ("loss_scale_window", { try LossScaler(dynamic: .init(window: 0)) }),
      ("hysteresis", { try LossScaler(dynamic: .init(hysteresis: 0)) }),
      ("min_loss_scale", { try LossScaler(dynamic: .init(minimum: 0)) }),
      ("initial_scale_power", { try LossScaler(initialPower: 200) }),
    ]
    for (name, make) in makers {
      let error = #expect(throws: OptimizerError.self) { _ = try make() }
      #expect(error?.description.contains("'\(name)'") == true)
    }
  }
}
