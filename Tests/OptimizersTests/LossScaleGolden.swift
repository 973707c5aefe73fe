// Made by tools/golden/loss_scale.py with deepspeed 0.19.8; do not edit.

/// The scale that DeepSpeed's `DynamicLossScaler` has after each step; `o` marks an overflow.
struct LossScaleGolden: Sendable {
  let pattern: String
  let initialPower, window, hysteresis: Int
  let isConsecutive: Bool
  let scales: [Double]

  static let all = [
    LossScaleGolden(
      pattern: "..........", initialPower: 8, window: 2, hysteresis: 1,
      isConsecutive: false,
      scales: [
        256, 256, 512, 512, 1024, 1024, 2048, 2048, 4096, 4096,
      ]),
    LossScaleGolden(
      pattern: "oo...", initialPower: 8, window: 2, hysteresis: 1,
      isConsecutive: false,
      scales: [
        128, 64, 64, 64, 128,
      ]),
    LossScaleGolden(
      pattern: "o..o....o.ooo......", initialPower: 16, window: 3, hysteresis: 2,
      isConsecutive: false,
      scales: [
        65536, 65536, 65536, 32768, 32768, 32768, 32768, 65536, 65536, 65536, 32768, 16384,
        8192, 8192, 8192, 8192, 16384, 16384, 16384,
      ]),
    LossScaleGolden(
      pattern: "o.o.ooo...o.oo....", initialPower: 16, window: 3, hysteresis: 2,
      isConsecutive: true,
      scales: [
        65536, 65536, 65536, 65536, 65536, 32768, 16384, 16384, 16384, 16384, 16384, 16384,
        16384, 8192, 8192, 8192, 8192, 16384,
      ]),
    LossScaleGolden(
      pattern: "oooo....oo..o.o.......", initialPower: 20, window: 2, hysteresis: 3,
      isConsecutive: false,
      scales: [
        1048576, 1048576, 524288, 262144, 262144, 262144, 524288, 524288, 524288, 524288, 524288, 524288,
        262144, 262144, 131072, 131072, 131072, 262144, 262144, 524288, 524288, 1048576,
      ]),
  ]
}
