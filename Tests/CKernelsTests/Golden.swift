// Made by tools/golden/kernels.py with torch 2.11.0; do not edit.

/// Parameters after 5 steps of torch's optimizers in f32, from the numbers below.
enum Golden {
  static let stepCount = 5

  static let initial: [Float] = (0..<9).map { Float(($0 * 37 + 11) % 101 - 50) / 64 }

  static func gradient(step: Int) -> [Float] {
    (0..<9).map { Float(($0 * 29 + step * 17 + 5) % 97 - 48) / 128 }
  }

  static let adamW: [Float] = [
    -0.588119328, -0.0571345128, 0.550455332, -0.420511246, 0.115765192,
    0.68150723, -0.257043719, 0.291765481, -0.748666346,
  ]

  static let adamL2: [Float] = [
    -0.585325897, -0.056158606, 0.547260523, -0.421244323, 0.111367144,
    0.679175496, -0.259625226, 0.283741742, -0.743855715,
  ]

  static let sgd: [Float] = [
    -0.623495698, -0.0276362244, 0.568147421, -0.448124141, 0.109863594,
    0.705685079, -0.272752643, 0.285235077, -0.730979741,
  ]

  static let sgdMomentum: [Float] = [
    -0.58972168, -0.0528243296, 0.57024771, -0.392731905, 0.0937709734,
    0.676023483, -0.195742086, 0.290760785, -0.776990175,
  ]

  static let sgdNesterov: [Float] = [
    -0.610831976, -0.0532155819, 0.614683747, -0.390286863, 0.0647143275,
    0.680449426, -0.16974175, 0.285259426, -0.793988645,
  ]
}
