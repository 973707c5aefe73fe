public import Torch

/// Trades computation for memory: what a part of a model needs for its backward pass is computed a second time when
/// that pass comes to it, instead of being kept ("activation checkpointing").
///
/// - Source: Chen et al., "Training deep nets with sublinear memory cost", 2016, arXiv:1604.06174.
public enum Recomputation {
  /// Runs `body` without keeping anything but its inputs.
  ///
  /// Random numbers are drawn a second time as they were the first time. The parameters that `body` uses get their
  /// gradients; what else it computes on must come in through `inputs`.
  ///
  /// - Parameters:
  ///   - inputs: what the results depend on; one of them at least must ask for a gradient, or nothing is recorded.
  ///   - generator: where `body` draws random numbers from, if it does.
  ///   - body: computes the results; called a second time in the backward pass.
  /// - Returns: the results.
  /// - Throws: what `body` throws, `TorchError`.
  /// - Complexity: `body` twice; memory for inputs and results only.
  public static func apply(
    _ inputs: [Tensor], generator: Generator? = nil, _ body: @escaping ([Tensor]) throws -> [Tensor]
  ) throws -> [Tensor] {
    guard isRecordingGradients, inputs.contains(where: \.requiresGradient) else { return try body(inputs) }
    let state = try generator?.state()
    return try CustomFunction.apply(inputs, name: "recomputation", forward: body) { gradients in
      let leaves = try inputs.map { input in
        let leaf = try input.detached()
        try leaf.setRequiresGradient(input.requiresGradient)
        return leaf
      }
      let now = try generator?.state()
      if let generator, let state { try generator.setState(state) }
      defer { if let generator, let now { try? generator.setState(now) } }
      try withGradients {
        let results = try body(leaves)
        let pairs = zip(results, gradients).filter { $0.requiresGradient && $1 != nil }
        try Tensor.backward(pairs.map(\.0), gradients: pairs.map(\.1))
      }
      return leaves.map(\.gradient)
    }
  }
}
