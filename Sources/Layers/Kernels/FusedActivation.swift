internal import CKernels
internal import Torch

/// Activations and gates in one pass forward and one backward, keeping only their inputs.
enum FusedActivation {
  /// `act(input)`; nil when the kernels cannot work on the tensor.
  static func apply(_ activation: ck_activation, _ input: Tensor) throws -> Tensor? {
    guard let dtype = FusedKernels.dtype(of: input) else { return nil }
    let count = Int64(input.elementCount)
    return try CustomFunction.apply([try input.contiguous()], name: "activation") { inputs in
      let output = try FusedKernels.emptyLike(inputs[0])
      output.withPointer { to in
        inputs[0].withPointer { ck_activate(activation, to, $0, dtype, count, .best, FusedKernels.executor) }
      }
      return [output]
    } backward: { gradients in
      guard let upstream = try gradients[0]?.contiguous() else { return [nil] }
      let input = try input.detached().contiguous()
      let gradient = try FusedKernels.emptyLike(input)
      gradient.withPointer { to in
        upstream.withPointer { upstream in
          input.withPointer {
            ck_activate_backward(activation, to, upstream, $0, dtype, count, .best, FusedKernels.executor)
          }
        }
      }
      return [gradient]
    }[0]
  }

  /// `act(gate) * up`; nil when the kernels cannot work on the tensors.
  static func gated(_ activation: ck_activation, _ gate: Tensor, _ up: Tensor) throws -> Tensor? {
    guard let dtype = FusedKernels.dtype(of: gate, up), gate.shape == up.shape else { return nil }
    let (gate, up) = (try gate.contiguous(), try up.contiguous())
    return try CustomFunction.apply([gate, up], name: "gated activation") { inputs in
      let output = try FusedKernels.emptyLike(inputs[0])
      output.withPointer { to in
        inputs[0].withPointer { gate in
          inputs[1].withPointer {
            ck_gate(activation, to, gate, $0, dtype, Int64(output.elementCount), .best, FusedKernels.executor)
          }
        }
      }
      return [output]
    } backward: { gradients in
      guard let upstream = try gradients[0]?.contiguous() else { return [nil, nil] }
      return try gateGradients(activation, dtype, upstream: upstream, gate: gate, up: up)
    }[0]
  }

  private static func gateGradients(
    _ activation: ck_activation, _ dtype: ck_dtype, upstream: Tensor, gate: Tensor, up: Tensor
  ) throws -> [Tensor?] {
    let (gateGradient, upGradient) = (try FusedKernels.emptyLike(gate), try FusedKernels.emptyLike(up))
    // The pointers stay valid while the tensors do, which is to the end of this function.
    withExtendedLifetime((gateGradient, upGradient, upstream, gate, up)) {
      var buffers = ck_gate_buffers(
        gate_gradient: gateGradient.withPointer { $0 }, up_gradient: upGradient.withPointer { $0 },
        upstream: upstream.withPointer { $0 }, gate: gate.withPointer { $0 }, up: up.withPointer { $0 },
        dtype: dtype)
      ck_gate_backward(activation, &buffers, Int64(gate.elementCount), .best, FusedKernels.executor)
    }
    return [gateGradient, upGradient]
  }
}
