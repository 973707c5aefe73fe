internal import CKernels
internal import Torch

// Shape letters: N rows, I input size, O output size.

/// The libraries that multiply float32 matrices on CPUs.
public enum ProductLibrary: String, Sendable, CaseIterable {
  /// What libtorch's own operators use.
  case mkl = "MKL"
  /// What libtorch uses for bfloat16.
  case oneDNN

  /// The faster one on this processor: oneDNN on AMD's with AVX-512, of which MKL leaves a part unused.
  ///
  /// A rule, not a measurement at start: the libraries round differently, and a run that is resumed must
  /// multiply as it did before.
  public static let preferred: ProductLibrary = {
    let cpu = ck_detect_cpu()
    return cpu.is_amd && cpu.avx512f && Tensor.hasOneDNNLinear ? .oneDNN : .mkl
  }()
}

/// `x W^T + b` and its gradients, by the library that is faster on this processor.
enum LinearProduct {
  /// Below this many rows the setting-up of a product outweighs its speed.
  private static let leastRows = 16
  private static let leastOperations = 1 << 20

  /// - Parameters:
  ///   - input: `x [..., I]`
  ///   - weight: `W [O, I]`
  ///   - bias: `b [O]`
  /// - Returns: `[..., O]`
  static func apply(_ input: Tensor, weight: Tensor, bias: Tensor? = nil) throws -> Tensor {
    guard ProductLibrary.preferred == .oneDNN, suits(input, weight, bias) else {
      return try input.linear(weight: weight, bias: bias)
    }
    let inputs = [input, weight] + (bias.map { [$0] } ?? [])
    return try CustomFunction.apply(inputs, name: "linear") { inputs in
      [try inputs[0].oneDNNLinear(weight: inputs[1], bias: inputs.count > 2 ? inputs[2] : nil)]
    } backward: { gradients in
      guard let upstream = gradients[0] else { return inputs.map { _ in nil } }
      let rows = try upstream.reshape([-1, weight.size(0)])  // [N, O]
      let (values, matrix) = (try input.detached().reshape([-1, weight.size(1)]), try weight.detached())
      let inputGradient = try input.requiresGradient
        ? rows.oneDNNLinear(weight: matrix.t()).view(input.shape) : nil
      let weightGradient = try weight.requiresGradient
        ? rows.t().oneDNNLinear(weight: values.t()) : nil  // [O, I]
      guard let bias else { return [inputGradient, weightGradient] }
      return [inputGradient, weightGradient, try bias.requiresGradient ? rows.sum(dim: 0) : nil]
    }[0]
  }

  private static func suits(_ input: Tensor, _ weight: Tensor, _ bias: Tensor?) -> Bool {
    guard ([input, weight] + (bias.map { [$0] } ?? [])).allSatisfy({
      $0.device == .cpu && $0.dtype == .float32
    }), weight.shape.count == 2, let width = input.shape.last, width == weight.size(1), width > 0 else {
      return false
    }
    let rows = input.elementCount / width
    return rows >= leastRows && rows * weight.elementCount >= leastOperations
  }
}
