import Foundation
import Layers
import Testing
import Torch

@Suite struct BasicLayerTests {
  private func ready<Layer: Module>(_ layer: Layer) throws -> Layer {
    try layer.materialize(with: SeededInitializer(seed: 1))
    return layer
  }

  @Test("linear is x W^T + b")
  func linear() throws {
    let layer = Linear(inputSize: 2, outputSize: 1)
    try layer.$weight.setTensor(Tensor([2, 3] as [Float], shape: [1, 2]))
    try layer.bias?.setTensor(Tensor([10] as [Float]))
    #expect(try layer(Tensor([1, 2, 0, 1] as [Float], shape: [2, 2])).array(of: Float.self) == [18, 13])
  }

  @Test("a large linear layer and its gradients equal the formula in float64", arguments: [true, false])
  func largeLinear(isWeightTrainable: Bool) throws {
    let layer = try ready(Linear(inputSize: 130, outputSize: 101))
    try layer.weight.setRequiresGradient(isWeightTrainable)
    let input = try randomLeaf([3, 37, 130], seed: 3)
    let upstream = try randomLeaf([3, 37, 101], seed: 4, isTrainable: false)
    let output = try layer(input)
    try output.backward(gradient: upstream)
    let bias = try #require(layer.bias)
    let (x, w) = (try input.detached().to(.float64), try layer.weight.detached().to(.float64))
    let (b, u) = (try bias.tensor.detached().to(.float64), try upstream.to(.float64))
    #expect(try largestDifference(output, x.linear(weight: w, bias: b)) < 1e-4)
    #expect(try largestDifference(#require(input.gradient), u.matmul(w)) < 1e-4)
    let rows = try u.reshape([111, 101])
    #expect(try largestDifference(#require(bias.gradient), rows.sum(dim: 0)) < 1e-4)
    guard isWeightTrainable else {
      #expect(layer.$weight.gradient == nil)
      return
    }
    #expect(try largestDifference(#require(layer.$weight.gradient), rows.t().mm(x.reshape([111, 130]))) < 1e-4)
  }

  @Test("an embedding looks rows up and its gradient goes to those rows")
  func embedding() throws {
    let layer = try ready(Embedding(count: 4, width: 3))
    let output = try layer(Tensor([2, 2, 0], shape: [1, 3]))
    #expect(output.shape == [1, 3, 3])
    #expect(
      try largestDifference(
        output.select(dim: 1, index: 0).select(dim: 0, index: 0),
        layer.weight.select(dim: 0, index: 2)) == 0)
    try output.sum().backward()
    let gradient = try #require(layer.$weight.gradient)
    #expect(try gradient.sum(dim: 1).array(of: Float.self) == [3, 0, 6, 0])
    #expect(throws: TorchError.self) { try layer(Tensor([4])) }
  }

  @Test("norms equal their formulas", arguments: [DType.float32, .bfloat16])
  func norms(dtype: DType) throws {
    let input = try randomLeaf([5, 16], seed: 1, dtype: dtype, isTrainable: false).mul(3.0).add(1.0)
    let (layerNorm, rmsNorm) = (LayerNorm(width: 16, epsilon: 0.1), RMSNorm(width: 16, epsilon: 0.1))
    for norm in [layerNorm, rmsNorm] as [Layer] {
      try norm.materialize(with: SeededInitializer(seed: 1, dtype: dtype))
    }
    let gain = try randomLeaf([16], seed: 2, dtype: dtype)
    for parameter in [layerNorm.$weight, layerNorm.$bias, rmsNorm.$weight] {
      try parameter.setTensor(gain.clone())
    }
    let (x, g) = (try input.to(.float64), try gain.detached().to(.float64))
    let mean = try x.mean(dim: -1, keepdim: true)
    let centred = try x - mean
    let variance = try centred.square().mean(dim: -1, keepdim: true)
    let expectedLayerNorm = try centred * variance.add(0.1).rsqrt() * g + g
    let expectedRMSNorm = try x * x.square().mean(dim: -1, keepdim: true).add(0.1).rsqrt() * g
    let tolerance = dtype == .float32 ? 1e-5 : 0.05
    #expect(try largestDifference(layerNorm(input), expectedLayerNorm) < tolerance)
    #expect(try largestDifference(rmsNorm(input), expectedRMSNorm) < tolerance)
    #expect(try rmsNorm(input).dtype == dtype)
  }

  @Test("the gradients of the root-mean-square norm equal autograd's through the formula")
  func rmsNormGradient() throws {
    let norm = try ready(RMSNorm(width: 16, epsilon: 1e-3))
    try norm.$weight.setTensor(randomLeaf([16], seed: 3).detached())
    let input = try randomLeaf([4, 3, 16], seed: 1)
    let weights = try randomLeaf([4, 3, 16], seed: 2, isTrainable: false)
    let parameters = [input, norm.weight]
    let found = try Tensor.gradients(of: [norm(input).mul(weights).sum()], withRespectTo: parameters)
    let plain = try input * input.square().mean(dim: -1, keepdim: true).add(1e-3).rsqrt() * norm.weight
    let expected = try Tensor.gradients(of: [plain.mul(weights).sum()], withRespectTo: parameters)
    for (left, right) in zip(found, expected) {
      #expect(try largestDifference(#require(left), #require(right)) < 1e-5)
    }
  }

  @Test("activations equal their formulas", arguments: Activation.allCases)
  func activations(activation: Activation) throws {
    let values = [-2.0, -0.5, 0, 0.7, 3]
    let found = try activation(Tensor(values)).array(of: Double.self)
    for (x, y) in zip(values, found) {
      let expected: Double
      switch activation {
      case .silu: expected = x / (1 + exp(-x))
      case .gelu: expected = x * 0.5 * (1 + erf(x / 2.0.squareRoot()))
      case .geluTanh:
        expected = 0.5 * x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
      case .relu: expected = max(x, 0)
      }
      #expect(abs(y - expected) < 1e-9)
    }
    #expect(Activation(name: "gelu_new") == .geluTanh)
    #expect(Activation(name: "swoosh") == nil)
    #expect(Activation.knownNames.allSatisfy { Activation(name: $0) != nil })
  }

  @Test(
    "the gated activation and its gradients equal the plain product", arguments: [Activation.silu, .gelu])
  func gated(activation: Activation) throws {
    let (gate, up) = (try randomLeaf([5, 7], seed: 1), try randomLeaf([5, 7], seed: 2))
    let weights = try randomLeaf([5, 7], seed: 3, isTrainable: false)
    let (found, plain) = (try activation.gated(gate, up), try activation(gate) * up)
    #expect(try largestDifference(found, plain) < 1e-6)
    let left = try Tensor.gradients(of: [found.mul(weights).sum()], withRespectTo: [gate, up])
    let right = try Tensor.gradients(of: [plain.mul(weights).sum()], withRespectTo: [gate, up])
    for (left, right) in zip(left, right) {
      #expect(try largestDifference(#require(left), #require(right)) < 1e-6)
    }
  }

  @Test("dropout zeroes its share, keeps the mean and rests outside of training")
  func dropout() throws {
    let layer = try ready(Dropout(probability: 0.3))
    let input = try Tensor.ones([20000])
    #expect(throws: ModuleError.missingGenerator) { try layer(input) }
    try layer.setGenerator(Generator(seed: 1))
    let output = try layer(input)
    let zeros = try output.eq(0).to(.float32).mean().item()
    #expect(abs(zeros - 0.3) < 0.02)
    #expect(abs(try output.mean().item() - 1) < 0.02)
    try layer.setTraining(false)
    #expect(try layer(input) === input)
  }

  @Test("convolutions have the shapes and sums of their windows")
  func convolutions() throws {
    var shape = ConvolutionShape(inputChannelCount: 2, outputChannelCount: 4, kernelSize: 3)
    shape.stride = 2
    shape.padding = 1
    shape.groupCount = 2
    let (line, image) = (try ready(Conv1d(shape)), try ready(Conv2d(shape, hasBias: false)))
    #expect(line.weight.shape == [4, 1, 3])
    #expect(image.weight.shape == [4, 1, 3, 3])
    #expect(try line(Tensor.ones([1, 2, 9])).shape == [1, 4, 5])
    let output = try image(Tensor.ones([1, 2, 9, 9]))
    #expect(output.shape == [1, 4, 5, 5])
    let inner = try output.select(dim: 3, index: 2).select(dim: 2, index: 2).select(dim: 0, index: 0)
    #expect(try largestDifference(inner, image.weight.detached().sum(dim: [1, 2, 3])) < 1e-5)
    #expect(try image.namedParameters().map(\.path) == ["weight"])
  }
}
