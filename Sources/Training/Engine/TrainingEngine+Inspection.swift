import Collectives
public import Layers
import Optimizers
public import Torch
import ZeRO

// What DeepSpeed calls GatheredParameters and the `safe_get` and `safe_set` functions. Every rank of the group calls
// them, unless a comment says that they are local.
extension TrainingEngine {
  /// Runs `body` with parameters whole, as `deepspeed.zero.GatheredParameters`.
  ///
  /// - Parameters:
  ///   - paths: which ones.
  ///   - rank: the rank whose changes to the values count, on all ranks; nil when nothing is changed. Masters of
  ///     elements that were changed follow; the others keep what rounding hides.
  ///   - body: sees the parameters, whose `leaf` has its values; changes are made in place.
  /// - Throws: `ModuleError.unknownPath`, `CollectiveError`, what `body` throws.
  public func withGatheredParameters<Result>(
    _ paths: [ParameterPath], modifiedBy rank: Int? = nil, _ body: ([Parameter]) throws -> Result
  ) throws -> Result {
    try requireHome()
    try optimizer.settle()
    let parameters = try paths.map { try model.parameter(at: $0) }
    func changed() throws -> Result {
      let result = try body(parameters)
      guard let rank else { return result }
      try withoutGradients {
        for (path, parameter) in zip(paths, parameters) {
          let values = try parameter.leaf.detached()
          try processGroup.broadcast(values, from: rank, label: "changed parameters").wait()
          try optimizer.assign(values, to: parameter)
          try moveMasters(of: path, to: values)
        }
      }
      return result
    }
    let result = try optimizer.gatherer?.withGathered(parameters, changed) ?? changed()
    if rank != nil { try optimizer.gatherParameters() }
    return result
  }

  /// Gives the masters of a parameter, unless it is frozen, the values that differ from the rounded masters.
  private func moveMasters(of path: ParameterPath, to values: Tensor) throws {
    guard let (parameter, _, pieces) = try trainedPieces(of: path) else { return }
    let flat = try values.reshape([parameter.elementCount])
    for (group, fragment) in pieces {
      let range = fragment.parameterRange
      let values = try flat.narrow(dim: 0, start: range.lowerBound, length: range.count)
      let masters = try group.values(ofState: PartitionedGroup.masterState, fragment)
      let isChanged = try masters.to(values.dtype).to(values.device).ne(values).to(masters.device)
      let moved = try isChanged.where(values.to(masters.device).to(masters.dtype), masters)
      try group.setValues(ofState: PartitionedGroup.masterState, fragment, moved)
    }
  }

  /// One optimizer state or the f32 master weights of a parameter, whole, as `safe_get_full_fp32_param` and
  /// `safe_get_full_optimizer_state`.
  ///
  /// - Parameters:
  ///   - state: `fp32` for the master weights, or a state such as `exp_avg`.
  ///   - path: a trained parameter.
  /// - Returns: the parameter's shape, f32.
  /// - Throws: ``TrainingError/option(name:found:expected:)`` for an unknown state or a parameter that is not trained,
  ///   `ModuleError.unknownPath`, `CollectiveError`.
  public func fullState(_ state: String, of path: ParameterPath) throws -> Tensor {
    try optimizer.settle()
    let (parameter, pieces) = try pieces(of: path, state: state)
    return try whole(parameter, pieces.map { ($0.fragment.parameterRange, try $0.group.values(ofState: state, $0.fragment)) })
  }

  /// Replaces one optimizer state or the master weights of a parameter, and with these the parameter, as
  /// `safe_set_full_fp32_param` and `safe_set_full_optimizer_state`. The values have the parameter's shape and any dtype,
  /// and are the same on all ranks.
  ///
  /// - Throws: as ``fullState(_:of:)``.
  public func setFullState(_ state: String, of path: ParameterPath, to values: Tensor) throws {
    try optimizer.settle()
    let (parameter, pieces) = try pieces(of: path, state: state)
    guard values.shape == parameter.shape else {
      throw ModuleError.wrongShape(path: path, expected: parameter.shape, found: values.shape)
    }
    let flat = try values.reshape([parameter.elementCount])
    try withoutGradients {
      for (group, fragment) in pieces {
        let range = fragment.parameterRange
        try group.setValues(
          ofState: state, fragment, flat.narrow(dim: 0, start: range.lowerBound, length: range.count))
      }
      guard state == PartitionedGroup.masterState else { return }
      try optimizer.assign(values, to: parameter)
      try optimizer.gatherParameters()
    }
  }

  /// The gradient of a parameter between backward and step: reduced over the ranks, without loss scale and not yet
  /// clipped, as `safe_get_full_grad`.
  ///
  /// - Returns: the parameter's shape, f32; nil when no backward pass has run since the last step.
  /// - Throws: as ``fullState(_:of:)``.
  public func fullGradient(of path: ParameterPath) throws -> Tensor? {
    let (parameter, pieces) = try pieces(of: path, state: PartitionedGroup.masterState)
    let own = try pieces.compactMap { group, fragment -> (Range<Int>, Tensor)? in
      try optimizer.gradient(of: fragment, in: group).map { (fragment.parameterRange, try $0.to(.float32)) }
    }
    let hasGradient = try Tensor([own.count == pieces.count ? 1.0 : 0.0], shape: [1])
    try processGroup.allReduce(hasGradient, op: .min, label: "has gradient").wait()
    guard try hasGradient.item() == 1 else { return nil }
    return try whole(parameter, own).mul(optimizer.reducer.gradientMultiplier / lossScaler.scale)
  }

  /// The pieces of one state that this rank keeps, as `safe_get_local_fp32_param` and
  /// `safe_get_local_optimizer_state`. Local.
  ///
  /// - Returns: for each piece the elements of the flattened parameter and their values, f32.
  /// - Throws: as ``fullState(_:of:)``.
  public func localState(
    _ state: String, of path: ParameterPath
  ) throws -> [(range: Range<Int>, values: Tensor)] {
    try optimizer.waitForUpdates()
    return try pieces(of: path, state: state).pieces.map { group, fragment in
      (fragment.parameterRange, try group.values(ofState: state, fragment).clone())
    }
  }

  private typealias Piece = (group: PartitionedGroup, fragment: FlatLayout.Fragment)

  private func pieces(of path: ParameterPath, state: String) throws -> (parameter: Parameter, pieces: [Piece]) {
    try requireHome()
    guard let found = try trainedPieces(of: path) else {
      throw TrainingError.option(name: "\(path)", found: "a parameter that is not trained", expected: "a trained one")
    }
    guard found.group.stateNames.contains(state) else {
      throw TrainingError.option(
        name: "state of \(path)", found: state,
        expected: "one of \(found.group.stateNames.joined(separator: ", "))")
    }
    return (found.parameter, found.pieces)
  }

  /// The parameter with this rank's pieces of it; nil when it is not trained.
  private func trainedPieces(
    of path: ParameterPath
  ) throws -> (parameter: Parameter, group: PartitionedGroup, pieces: [Piece])? {
    let parameter = try model.parameter(at: path)
    let first = try (model.aliases()[path] ?? path).description
    guard let group = optimizer.groups.first(where: { $0.flat.layout.members.contains { $0.path == first } }) else {
      return nil
    }
    let members = group.flat.layout.members
    return (parameter, group, group.fragments.filter { members[$0.member].path == first }.map { (group, $0) })
  }

  /// Puts the ranks' pieces of a parameter together.
  private func whole(_ parameter: Parameter, _ own: [(range: Range<Int>, values: Tensor)]) throws -> Tensor {
    try withoutGradients {
      let flat = try Tensor.zeros([parameter.elementCount])
      for (range, values) in own {
        try flat.narrow(dim: 0, start: range.lowerBound, length: range.count).copyInPlace(values)
      }
      if settings.zero.stage > 0 { try optimizer.shardGroup.allReduce(flat, op: .sum, label: "whole state").wait() }
      return try flat.view(parameter.shape)
    }
  }
}
