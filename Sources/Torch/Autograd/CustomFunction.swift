internal import CTorch

/// A step of the graph whose forward and backward are Swift closures.
public enum CustomFunction {
  /// Runs `forward` on `inputs` without recording, and ties its results to the inputs so that the backward
  /// pass calls `backward` there.
  ///
  /// A result may be one of the inputs handed through: a node that changes nothing marks a point that the
  /// backward pass comes by. Results share the memory of what `forward` returned and are new tensors.
  ///
  /// - Parameters:
  ///   - inputs: what the results depend on.
  ///   - name: how errors name the node.
  ///   - forward: computes the results from the inputs.
  ///   - backward: receives the gradient of each result, nil where none arrived, and returns that of each
  ///     input, nil for none. It is called once in a backward pass and let go of after it, unless the graph
  ///     is retained.
  /// - Returns: the results; the plain ones if no input requires a gradient or nothing is recorded.
  /// - Throws: the error of `forward`, or `TorchError`. What `backward` throws ends the backward pass.
  public static func apply(
    _ inputs: [Tensor], name: String, forward: ([Tensor]) throws -> [Tensor],
    backward: @escaping ([Tensor?]) throws -> [Tensor?]
  ) throws -> [Tensor] {
    let outputs = try withoutGradients { try forward(inputs) }
    let closure = BackwardClosure(name: name, inputCount: inputs.count, backward)
    var results = [OpaquePointer?](repeating: nil, count: outputs.count)
    try Tensor.call("custom function", list: inputs, list: outputs) { sources, sourceCount, made, madeCount in
      ct_node_attach(
        name, sources, sourceCount, made, madeCount, ct_owned(giving: closure), BackwardClosure.trampoline,
        &results)
    }
    return results.map { Tensor(owning: $0) }
  }
}

/// The backward closure of a node, as C++ keeps it.
private final class BackwardClosure {
  let name: String
  let inputCount: Int
  let body: ([Tensor?]) throws -> [Tensor?]

  init(name: String, inputCount: Int, _ body: @escaping ([Tensor?]) throws -> [Tensor?]) {
    self.name = name
    self.inputCount = inputCount
    self.body = body
  }

  func call(_ gradients: [Tensor?]) throws -> [Tensor?] {
    let results = try body(gradients)
    guard results.count == inputCount else {
      throw TorchError(
        kind: .shape, op: name,
        message: "backward returned \(results.count) gradients for \(inputCount) inputs")
    }
    return results
  }

  static let trampoline: ct_node_backward = { object, gradients, count, results, _ in
    let closure = Unmanaged<BackwardClosure>.fromOpaque(object!).takeUnretainedValue()
    let gradients = (0..<count).map { Tensor.optional(owning: gradients?[$0]) }
    return ErrorBox.capture {
      for (index, gradient) in try closure.call(gradients).enumerated() {
        results?[index] = gradient?.retainedHandle()
      }
    }
  }
}
