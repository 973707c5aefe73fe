public import Torch

/// `y = x W^T + b` as a grid of smaller layers, so that a weight too large to be whole is used tile by tile: outputs of
/// tiles in one column of the input are summed, those of different rows joined.
///
/// Under ZeRO stage 3 each tile is gathered and released by itself, so that the working memory of a layer is divided by
/// the number of tiles.
///
/// - Source: Rajbhandari et al., "ZeRO-Infinity", 2021, arXiv:2104.07857, section 5.1.3 (memory-centric tiling).
public final class TiledLinear: Layer {
  /// The tiles, those of one range of outputs after another; the last of each range of inputs adds the bias.
  @Child public var tiles: [Linear]
  private let inputSizes: [Int]
  private let outputSizes: [Int]

  /// A layer in `inputSplits * outputSplits` tiles, as equal in size as whole numbers allow.
  ///
  /// - Parameters:
  ///   - inputSize: The last dimension of the input.
  ///   - outputSize: The last dimension of the output.
  ///   - inputSplits: Ranges into which the input is cut, at most `inputSize`.
  ///   - outputSplits: Ranges into which the output is cut, at most `outputSize`.
  ///   - hasBias: Whether a vector `[outputSize]` is added.
  ///   - initialization: How weights are drawn; by default uniformly within `1 / sqrt(inputSize)`, as of the whole.
  public init(
    inputSize: Int, outputSize: Int, inputSplits: Int = 1, outputSplits: Int = 1, hasBias: Bool = true,
    initialization: Initialization? = nil
  ) {
    precondition(
      (1...max(1, inputSize)).contains(inputSplits) && (1...max(1, outputSize)).contains(outputSplits),
      "\(inputSize) inputs in \(inputSplits) and \(outputSize) outputs in \(outputSplits) ranges")
    inputSizes = TiledLinear.sizes(of: inputSize, count: inputSplits)
    outputSizes = TiledLinear.sizes(of: outputSize, count: outputSplits)
    let law = initialization ?? .uniform(bound: inputSize > 0 ? 1 / Double(inputSize).squareRoot() : 0)
    let (inputs, outputs) = (inputSizes, outputSizes)
    _tiles = Child(
      "tiles",
      outputs.flatMap { output in
        inputs.enumerated().map { index, input in
          Linear(
            inputSize: input, outputSize: output, hasBias: hasBias && index == inputs.count - 1, initialization: law)
        }
      })
    super.init()
  }

  private static func sizes(of total: Int, count: Int) -> [Int] {
    (0..<count).map { total * ($0 + 1) / count - total * $0 / count }
  }

  /// - Parameter input: `[..., inputSize]`
  /// - Returns: `[..., outputSize]`
  public override func forward(_ input: Tensor) throws -> Tensor {
    let parts = inputSizes.count == 1 ? [input] : try input.splitWithSizes(inputSizes, dim: -1)
    let ranges = try outputSizes.indices.map { row in
      try parts.indices.dropFirst().reduce(try tile(row, 0)(parts[0])) { try $0 + tile(row, $1)(parts[$1]) }
    }
    return ranges.count == 1 ? ranges[0] : try Tensor.cat(ranges, dim: -1)
  }

  private func tile(_ row: Int, _ column: Int) -> Linear { tiles[row * inputSizes.count + column] }

  /// Takes over a whole layer's values, as DeepSpeed's `copy_params_from` does. Both layers have values.
  ///
  /// - Throws: `ModuleError.wrongInput` when sizes or biases differ, `TorchError`.
  public func copyValues(of whole: Linear) throws {
    let (inputSize, outputSize) = (inputSizes.reduce(0, +), outputSizes.reduce(0, +))
    guard whole.$weight.shape == [outputSize, inputSize], (whole.bias == nil) == (tile(0, inputSizes.count - 1).bias == nil)
    else {
      throw ModuleError.wrongInput(
        module: "a tiled layer", expected: "weight [\(outputSize), \(inputSize)] and the same bias",
        found: "\(whole.$weight.shape)\(whole.bias == nil ? " without" : " with") bias")
    }
    try withoutGradients {
      var top = 0
      for (row, height) in outputSizes.enumerated() {
        var left = 0
        for (column, width) in inputSizes.enumerated() {
          let part = try whole.weight.narrow(dim: 0, start: top, length: height).narrow(dim: 1, start: left, length: width)
          try tile(row, column).weight.copyInPlace(part)
          left += width
        }
        if let bias = whole.bias, let own = tile(row, inputSizes.count - 1).bias {
          try own.tensor.copyInPlace(bias.tensor.narrow(dim: 0, start: top, length: height))
        }
        top += height
      }
    }
  }
}
