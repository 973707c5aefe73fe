public import Torch

/// The geometry of a convolution, equal in all its dimensions.
public struct ConvolutionShape: Sendable, Hashable {
  /// Size of dimension 1 of the input.
  public var inputChannelCount: Int
  /// Size of dimension 1 of the output: the number of filters.
  public var outputChannelCount: Int
  /// The extent of the kernel along each dimension.
  public var kernelSize: Int
  /// The distance between neighbouring windows.
  public var stride = 1
  /// Zeros added at each end.
  public var padding = 0
  /// The distance between neighbouring kernel elements.
  public var dilation = 1
  /// Groups of channels that do not see each other.
  public var groupCount = 1

  /// A convolution of stride 1 without padding; change the other fields as needed.
  public init(inputChannelCount: Int, outputChannelCount: Int, kernelSize: Int) {
    self.inputChannelCount = inputChannelCount
    self.outputChannelCount = outputChannelCount
    self.kernelSize = kernelSize
  }

  /// Weight and bias for `dimensionCount` dimensions, drawn uniformly within `1 / sqrt(fan in)` as PyTorch
  /// does.
  func parameters(dimensionCount: Int, hasBias: Bool) -> (weight: Parameter, bias: Parameter?) {
    precondition(
      groupCount > 0 && inputChannelCount % groupCount == 0 && outputChannelCount % groupCount == 0,
      "\(groupCount) groups do not divide channels: \(inputChannelCount) in, \(outputChannelCount) out"
    )
    let inner = [inputChannelCount / groupCount] + Array(repeating: kernelSize, count: dimensionCount)
    let bound = Initialization.uniform(bound: 1 / Double(max(1, inner.reduce(1, *))).squareRoot())
    let weight = Parameter("weight", shape: [outputChannelCount] + inner, bound)
    return (weight, hasBias ? Parameter("bias", shape: [outputChannelCount], bound) : nil)
  }
}

/// A convolution along time: maps `[B, C, T]` to `[B, C', T']`.
public final class Conv1d: Layer {
  /// The kernels `[C', C / groups, kernel]`.
  @Parameter public var weight: Tensor
  /// The parameter of the shift `[C']`, if there is one.
  public let bias: Parameter?
  /// The geometry.
  public let shape: ConvolutionShape

  /// A convolution of this geometry.
  public init(_ shape: ConvolutionShape, hasBias: Bool = true) {
    self.shape = shape
    let parameters = shape.parameters(dimensionCount: 1, hasBias: hasBias)
    _weight = parameters.weight
    bias = parameters.bias
    super.init()
  }

  /// - Parameter input: `[B, C, T]`
  /// - Returns: `[B, C', T']`
  public override func forward(_ input: Tensor) throws -> Tensor {
    try input.conv1d(
      weight: weight, bias: bias?.tensor, stride: [shape.stride], padding: [shape.padding],
      dilation: [shape.dilation], groups: shape.groupCount)
  }
}

/// A convolution over images: maps `[B, C, H, W]` to `[B, C', H', W']`.
public final class Conv2d: Layer {
  /// The kernels `[C', C / groups, kernel, kernel]`.
  @Parameter public var weight: Tensor
  /// The parameter of the shift `[C']`, if there is one.
  public let bias: Parameter?
  /// The geometry.
  public let shape: ConvolutionShape

  /// A convolution of this geometry.
  public init(_ shape: ConvolutionShape, hasBias: Bool = true) {
    self.shape = shape
    let parameters = shape.parameters(dimensionCount: 2, hasBias: hasBias)
    _weight = parameters.weight
    bias = parameters.bias
    super.init()
  }

  /// - Parameter input: `[B, C, H, W]`
  /// - Returns: `[B, C', H', W']`
  public override func forward(_ input: Tensor) throws -> Tensor {
    let (stride, padding, dilation) = (shape.stride, shape.padding, shape.dilation)
    return try input.conv2d(
      weight: weight, bias: bias?.tensor, stride: [stride, stride], padding: [padding, padding],
      dilation: [dilation, dilation], groups: shape.groupCount)
  }
}
