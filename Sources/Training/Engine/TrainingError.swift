public import ZeRO

/// What can go wrong in training beyond tensors, ranks and files.
public enum TrainingError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Every parameter is frozen, or there are none.
  case nothingToTrain
  /// The loss has more than one element.
  case lossIsNotScalar(shape: [Int])
  /// `backward` without a `forward` since the last one.
  case backwardBeforeForward
  /// `step` without a `backward` since the last one.
  case stepBeforeBackward
  /// A `step` in the body of `noSync`, whose gradients were not reduced.
  case stepInsideNoSync
  /// `noSync` inside `noSync`.
  case nestedNoSync
  /// The loss is NaN or infinite.
  case lossIsNotFinite(loss: Double, step: Int, layer: String?)
  /// The ranks do not agree on the checkpoint tag.
  case tagsDiffer([String])
  /// `offloadStates` between a forward pass and its backward pass, which needs the states.
  case backwardExpected
  /// Something was asked of the engine that needs states which ``TrainingEngine/offloadStates(_:to:)`` put away.
  case statesAreAway([ModelState])
  /// An option of a run that makes no sense.
  case option(name: String, found: String, expected: String)

  /// One line: what, where, what was expected, what to do.
  public var description: String {
    switch self {
    case .nothingToTrain:
      return "the model has no trainable parameter: unfreeze some, or check that it declares any"
    case .lossIsNotScalar(let shape):
      return "the loss has shape \(shape), expected a scalar: take its mean or sum"
    case .backwardBeforeForward:
      return "backward was called without a forward since the last backward"
    case .stepBeforeBackward:
      return "step was called without a backward since the last step"
    case .stepInsideNoSync:
      return "step was called inside noSync, where gradients are not reduced: leave noSync for the last micro step"
    case .nestedNoSync:
      return "noSync was entered inside noSync"
    case .lossIsNotFinite(let loss, let step, let layer):
      let place = layer.map { "; the first layer with a non-finite output is \($0)" } ?? ""
      return
        "the loss is \(loss.isNaN ? "NaN" : "\(loss)") at step \(step)\(place): lower the learning rate, check the data, or resume from an earlier checkpoint"
    case .tagsDiffer(let tags):
      let list = tags.enumerated().map { "rank \($0.offset): \($0.element)" }.joined(separator: ", ")
      return "save_checkpoint was called with different tags (\(list)): pass the same tag on all ranks"
    case .backwardExpected:
      return "offloadStates was called between forward and backward: call backward first"
    case .statesAreAway(let states):
      return "\(states.map(\.rawValue).joined(separator: ", ")) are offloaded: call reloadStates() first"
    case .option(let name, let found, let expected):
      return "\(name) is \(found), expected \(expected)"
    }
  }
}
