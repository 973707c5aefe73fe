internal import CKernels
public import Torch

// Shape letters: N rows, I input size, O output size.

/// What multiplies the matrices of linear layers on CPUs.
public enum ProductLibrary: String, Sendable, CaseIterable {
  /// libtorch's own operators: MKL in float32, oneDNN's plain product in bfloat16.
  case libtorch
  /// oneDNN's product with a bias.
  case oneDNN

  /// The faster one on this processor. In float32 that is oneDNN on AMD's with AVX-512, of which MKL leaves a
  /// part unused; in bfloat16 oneDNN wherever the processor multiplies bfloat16 itself, since the bias then
  /// needs no pass of its own.
  ///
  /// A rule, not a measurement at start: the ways round differently, and a run that is resumed must multiply
  /// as it did before.
  public static func preferred(for dtype: DType) -> ProductLibrary {
    switch dtype {
    case .float32: return isFasterInFloat32 ? .oneDNN : .libtorch
    case .bfloat16: return isFasterInBFloat16 ? .oneDNN : .libtorch
    default: return .libtorch
    }
  }

  private static let isFasterInFloat32: Bool = {
    let cpu = ck_detect_cpu()
    return cpu.is_amd && cpu.avx512f && Tensor.hasOneDNNLinear
  }()

  private static let isFasterInBFloat16: Bool = {
    let cpu = ck_detect_cpu()
    return (cpu.avx512bf16 || cpu.amx_bf16) && Tensor.hasOneDNNLinear
  }()
}

/// `x W^T + b` and its gradients, by the library that is faster on this processor.
enum LinearProduct {
  /// Below this size the setting-up of a product outweighs its speed.
  private static let leastRows = 16
  private static let leastOperations = 1 << 20

  /// - Parameters:
  ///   - input: `x [..., I]`
  ///   - weight: `W [O, I]`
  ///   - bias: `b [O]`
  /// - Returns: `[..., O]`
  static func apply(_ input: Tensor, weight: Tensor, bias: Tensor? = nil) throws -> Tensor {
    let inputs = [input, weight] + (bias.map { [$0] } ?? [])
    guard suitsOneDNN(inputs) else { return try input.linear(weight: weight, bias: bias) }
    return try CustomFunction.apply(inputs, name: "linear") { inputs in
      [try inputs[0].oneDNNLinear(weight: inputs[1], bias: inputs.count > 2 ? inputs[2] : nil)]
    } backward: { gradients in
      guard let upstream = gradients[0] else { return inputs.map { _ in nil } }
      return try backward(upstream, input, weight, bias)
    }[0]
  }

  private static func backward(
    _ upstream: Tensor, _ input: Tensor, _ weight: Tensor, _ bias: Tensor?
  ) throws -> [Tensor?] {
    let rows = try upstream.reshape([-1, weight.size(0)])  // [N, O]
    var gradients: [Tensor?] = [nil, nil]
    if input.requiresGradient {
      gradients[0] = try rows.oneDNNLinear(weight: weight.detached().t()).view(input.shape)
    }
    if weight.requiresGradient {
      let values = try input.detached().reshape([-1, weight.size(1)])  // [N, I]
      // In bfloat16 libtorch's product is oneDNN's, and without a bias as fast.
      gradients[1] =
        try weight.dtype == .float32 ? rows.t().oneDNNLinear(weight: values.t()) : rows.t().mm(values)
    }
    guard let bias else { return gradients }
    return gradients + [try bias.requiresGradient ? rows.sum(dim: 0) : nil]
  }

  private static func suitsOneDNN(_ tensors: [Tensor]) -> Bool {
    let (input, weight) = (tensors[0], tensors[1])
    guard ProductLibrary.preferred(for: weight.dtype) == .oneDNN,
      tensors.allSatisfy({ $0.device == .cpu && $0.dtype == weight.dtype }),
      weight.shape.count == 2, let width = input.shape.last, width == weight.size(1), width > 0
    else { return false }
    let rows = input.elementCount / width
    return rows >= leastRows && rows * weight.elementCount >= leastOperations
  }
}
