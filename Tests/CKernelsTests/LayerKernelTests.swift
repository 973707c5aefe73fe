import CKernels
import Foundation
import Testing

/// The kernels of layers against formulas in float64, and every level against the portable one, bit for bit.
struct LayerKernelTests {
  private func exact(_ activation: ck_activation, _ x: Double) -> (value: Double, slope: Double) {
    if activation == .silu {
      let s = 1 / (1 + exp(-x))
      return (x * s, s * (1 + x * (1 - s)))
    }
    let c = (2 / Double.pi).squareRoot()
    let t = tanh(c * (x + 0.044715 * x * x * x))
    return (0.5 * x * (1 + t), 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * c * (1 + 3 * 0.044715 * x * x))
  }

  @Test(arguments: [ck_activation.silu, .geluTanh])
  func `activations and gates equal their formulas`(activation: ck_activation) {
    let count = 1003
    let (x, u, v) = (
      Elements(Elements.random(count, seed: 1)), Elements(Elements.random(count, seed: 2)),
      Elements(Elements.random(count, seed: 3))
    )
    let outputs = (0..<5).map { _ in Elements([Float](repeating: 9, count: count)) }
    let n = Int64(count)
    ck_activate(activation, outputs[0].pointer, x.pointer, .float32, n, .best, piecewise)
    ck_activate_backward(activation, outputs[1].pointer, u.pointer, x.pointer, .float32, n, .best, piecewise)
    ck_gate(activation, outputs[2].pointer, x.pointer, v.pointer, .float32, n, .best, piecewise)
    var buffers = ck_gate_buffers(
      gate_gradient: outputs[3].pointer, up_gradient: outputs[4].pointer, upstream: u.pointer,
      gate: x.pointer,
      up: v.pointer, dtype: .float32)
    ck_gate_backward(activation, &buffers, n, .best, piecewise)
    let (xs, us, vs) = (x.floats.map(Double.init), u.floats.map(Double.init), v.floats.map(Double.init))
    let found = outputs.map { $0.floats.map(Double.init) }
    for i in 0..<count {
      let (value, slope) = exact(activation, xs[i])
      let expected = [value, us[i] * slope, value * vs[i], us[i] * vs[i] * slope, us[i] * value]
      for k in 0..<5 {
        #expect(abs(found[k][i] - expected[k]) < 2e-5 * max(1, abs(us[i] * vs[i]), abs(value * vs[i])))
      }
    }
    #expect(outputs.allSatisfy { $0.isGuardIntact })
  }

  @Test(arguments: dtypes)
  func `pointwise kernels have the same bits at every level`(dtype: ck_dtype) {
    for length in lengths {
      for offset in offsets {
        let x = Elements(Elements.random(length, seed: 1), dtype: dtype, offset: offset)
        let u = Elements(Elements.random(length, seed: 2), dtype: dtype, offset: offset)
        let results = availableLevels.map { level in
          let y = Elements([Float](repeating: 0, count: length), dtype: dtype, offset: offset)
          let z = Elements([Float](repeating: 0, count: length), dtype: dtype, offset: offset)
          ck_gate(.geluTanh, y.pointer, x.pointer, u.pointer, dtype, Int64(length), level, piecewise)
          ck_activate_backward(
            .silu, z.pointer, u.pointer, x.pointer, dtype, Int64(length), level, ck_serial())
          #expect(y.isGuardIntact && z.isGuardIntact)
          return y.bytes + z.bytes
        }
        #expect(results.allSatisfy { $0 == results[0] })
      }
    }
  }

  @Test(arguments: [1, 16, 37, 576])
  func `the root-mean-square norm and its gradients equal the formula`(width: Int) {
    let rows = 70
    let (x, g, u) = (
      Elements.random(rows * width, seed: 1), Elements.random(width, seed: 2),
      Elements.random(rows * width, seed: 3)
    )
    let (input, scale, upstream) = (Elements(x), Elements(g), Elements(u))
    let results = availableLevels.map { level in
      let (output, gradient) = (Elements(x), Elements(x))
      let (reciprocals, sums) = (
        Elements([Float](repeating: 0, count: rows)), Elements([Float](repeating: 0, count: 3 * width))
      )
      var operands = ck_rms_norm_rows(
        input: input.pointer, scale: scale.pointer,
        reciprocals: reciprocals.pointer.assumingMemoryBound(to: Float.self),
        dtype: .float32, rows: Int64(rows), width: Int64(width))
      ck_rms_norm(&operands, output.pointer, 0.25, level, piecewise)
      ck_rms_norm_backward(
        &operands, upstream.pointer, gradient.pointer, sums.pointer.assumingMemoryBound(to: Float.self),
        level,
        piecewise)
      return [output.floats, gradient.floats, sums.floats]
    }
    #expect(results.allSatisfy { $0 == results[0] })
    var scaleGradient = [Double](repeating: 0, count: width)
    for row in 0..<rows {
      let line = (0..<width).map { Double(x[row * width + $0]) }
      let r = 1 / (line.reduce(0) { $0 + $1 * $1 } / Double(width) + 0.25).squareRoot()
      let up = (0..<width).map { Double(u[row * width + $0]) }
      let mean = (0..<width).reduce(0) { $0 + up[$1] * Double(g[$1]) * line[$1] * r } / Double(width)
      for i in 0..<width {
        scaleGradient[i] += up[i] * line[i] * r
        let y = line[i] * r * Double(g[i])
        let dx = r * (up[i] * Double(g[i]) - line[i] * r * mean)
        #expect(abs(Double(results[0][0][row * width + i]) - y) < 1e-4 * max(1, abs(y)))
        #expect(
          abs(Double(results[0][1][row * width + i]) - dx) < 1e-4
            * max(1, abs(dx), abs(up[i] * Double(g[i]) * r)))
      }
    }
    for i in 0..<width {
      let found = (0..<3).reduce(0) { $0 + Double(results[0][2][$1 * width + i]) }
      #expect(abs(found - scaleGradient[i]) < 1e-3 * max(1, abs(scaleGradient[i])))
    }
  }

  @Test(arguments: [2, 34, 64])
  func `a rotation turns pairs, and back again`(width: Int) {
    let (rows, heads, positions) = (6, 2, 3)
    let x = Elements.random(rows * heads * width, seed: 1)
    let angles = Elements.random(positions * width / 2, seed: 2)
    let (cosines, sines) = (Elements(angles.map { cos($0) }), Elements(angles.map { sin($0) }))
    let (input, output) = (Elements(x), Elements(x))
    var operands = ck_rotary_rows(
      input: input.pointer, output: output.pointer, dtype: .float32,
      cosines: UnsafePointer(cosines.pointer.assumingMemoryBound(to: Float.self)),
      sines: UnsafePointer(sines.pointer.assumingMemoryBound(to: Float.self)), rows: Int64(rows),
      heads: Int64(heads), width: Int64(width), positions: Int64(positions))
    ck_rotate(&operands, false, .best, piecewise)
    let turned = output.floats
    for row in 0..<rows {
      for head in 0..<heads {
        for i in 0..<(width / 2) {
          let base = (row * heads + head) * width + i
          let angle = Double(angles[row % positions * width / 2 + i])
          let (a, b) = (Double(x[base]), Double(x[base + width / 2]))
          #expect(
            abs(Double(turned[base]) - (a * cos(angle) - b * sin(angle))) < 1e-5 * max(1, abs(a), abs(b)))
          #expect(
            abs(Double(turned[base + width / 2]) - (b * cos(angle) + a * sin(angle))) < 1e-5
              * max(1, abs(a), abs(b)))
        }
      }
    }
    operands.input = UnsafeRawPointer(output.pointer)
    ck_rotate(&operands, true, .portable, ck_serial())
    for (found, expected) in zip(output.floats, x) {
      #expect(abs(found - expected) < 1e-5 * max(1, abs(expected)))
    }
  }

  @Test(arguments: [1, 16, 1003], [0, 0.5] as [Float])
  func `cross-entropy and its gradient equal the formula`(classes: Int, scale: Float) {
    let rows = 5
    let x = Elements.random(rows * classes, seed: 1)
    let targets = (0..<rows).map { Int64($0 * 7 % classes) }
    let results = availableLevels.map { level in
      let (logits, losses) = (Elements(x), Elements([Float](repeating: 0, count: rows)))
      targets.withUnsafeBufferPointer { targets in
        var operands = ck_cross_entropy_rows(
          logits: logits.pointer, dtype: .float32, targets: targets.baseAddress,
          losses: losses.pointer.assumingMemoryBound(to: Float.self), rows: Int64(rows),
          classes: Int64(classes))
        ck_softmax_cross_entropy(&operands, scale, level, piecewise)
      }
      return [logits.floats, losses.floats]
    }
    #expect(results.allSatisfy { $0 == results[0] })
    for row in 0..<rows {
      let line = (0..<classes).map { Double(x[row * classes + $0]) }
      let sum = line.reduce(0) { $0 + exp($1) }
      let target = Int(targets[row])
      #expect(abs(Double(results[0][1][row]) - (log(sum) - line[target])) < 1e-5)
      for i in 0..<classes {
        let expected = scale == 0 ? line[i] : Double(scale) * (exp(line[i]) / sum - (i == target ? 1 : 0))
        #expect(abs(Double(results[0][0][row * classes + i]) - expected) < 1e-6)
      }
    }
  }

  @Test func `a logit that is no number makes the loss none`() {
    for place in [0, 3, 17, 32] {
      var x = Elements.random(33, seed: 1)
      x[place] = .nan
      let (logits, losses) = (Elements(x), Elements([0]))
      let targets: [Int64] = [1]
      targets.withUnsafeBufferPointer { targets in
        var operands = ck_cross_entropy_rows(
          logits: logits.pointer, dtype: .float32, targets: targets.baseAddress,
          losses: losses.pointer.assumingMemoryBound(to: Float.self), rows: 1, classes: 33)
        ck_softmax_cross_entropy(&operands, 1, .best, ck_serial())
      }
      #expect(losses.floats[0].isNaN)
    }
  }

  @Test(arguments: [(0, 1000), (13, 1000), (13, 5), (0, 1)])
  func `attention weights and their gradients equal the formula`(first: Int, window: Int) {
    let (matrices, block, group) = (2, 9, 2)
    let keys = first + block
    let rows = group * block
    let (x, u) = (
      Elements.random(matrices * rows * keys, seed: 1), Elements.random(matrices * rows * keys, seed: 2)
    )
    let results = availableLevels.map { level in
      let (weights, gradient) = (Elements(x), Elements(u))
      var operands = ck_attention_scores(
        scores: weights.pointer, dtype: .float32, matrices: Int64(matrices), rows: Int64(rows),
        keys: Int64(keys),
        block: Int64(block), first: Int64(first), window: Int64(window), scale: 0.3)
      ck_attention_softmax(&operands, level, piecewise)
      operands.scores = gradient.pointer
      ck_attention_softmax_backward(&operands, weights.pointer, level, piecewise)
      #expect(weights.isGuardIntact && gradient.isGuardIntact)
      return [weights.floats, gradient.floats]
    }
    #expect(results.allSatisfy { $0 == results[0] })
    for row in 0..<(matrices * rows) {
      let place = first + row % rows % block
      let seen = (0..<keys).map { $0 <= place && $0 > place - window }
      let powers = (0..<keys).map { seen[$0] ? exp(0.3 * Double(x[row * keys + $0])) : 0 }
      let sum = powers.reduce(0, +)
      let mean = (0..<keys).reduce(0) { $0 + powers[$1] / sum * Double(u[row * keys + $1]) }
      for i in 0..<keys {
        #expect(abs(Double(results[0][0][row * keys + i]) - powers[i] / sum) < 1e-6)
        let expected = 0.3 * powers[i] / sum * (Double(u[row * keys + i]) - mean)
        #expect(abs(Double(results[0][1][row * keys + i]) - expected) < 2e-5)
      }
    }
  }
}
