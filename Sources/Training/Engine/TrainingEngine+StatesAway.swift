import Collectives
import Layers
import Optimizers
import Torch
public import ZeRO

// What DeepSpeed calls `offload_states` and `reload_states`. Every rank of the group calls them.
extension TrainingEngine {
  /// Puts model states away and gives their memory back, as between training and generation. Training after
  /// ``reloadStates()`` has the bits of training without it.
  ///
  /// Until then calls of the model's modules, and methods of the engine that need what is away, throw
  /// ``TrainingError/statesAreAway(_:)``; a parameter's tensor that is read past them holds no values.
  ///
  /// - Parameters:
  ///   - states: which kinds. With `lp_params` at home the model can be evaluated.
  ///   - refuge: where to. Host memory serves states on another device; those that `offload_optimizer` keeps on the host
  ///     stay as they are. Where the device is the CPU the states are in host memory already, so that moving them there
  ///     would free nothing: `.host` is refused, and files are what helps.
  /// - Throws: ``TrainingError/statesAreAway(_:)`` when some are away, ``TrainingError/backwardExpected`` between forward
  ///   and backward, ``TrainingError/option(name:found:expected:)`` for `.host` on the CPU and for states in files;
  ///   `AsyncFileError` as when the disk is full, `CollectiveError`.
  public func offloadStates(
    _ states: Set<ModelState> = Set(ModelState.allCases), to refuge: StateRefuge
  ) throws {
    try requireHome(ModelState.allCases)
    guard phase != .forwarded else { throw TrainingError.backwardExpected }
    if let found = contradiction(to: refuge) {
      throw TrainingError.option(name: "offload_states", found: found.0, expected: found.1)
    }
    statesAway = try optimizer.putAway(states, in: refuge, ranks: processGroup)
    guard states.contains(.workingParameters) else { return }
    let observer = AbsenceGuard(states)
    try model.attach(observer)
    absenceGuard = observer
  }

  /// Brings all states back that ``offloadStates(_:to:)`` put away; does nothing when none are.
  ///
  /// - Throws: `AsyncFileError`, `CollectiveError`, `TorchError`.
  public func reloadStates() throws {
    guard let statesAway else { return }
    try optimizer.restore(statesAway)
    self.statesAway = nil
    if let absenceGuard { try model.detach(absenceGuard) }
    absenceGuard = nil
  }

  /// Throws when one of these is away.
  func requireHome(_ states: [ModelState] = ModelState.allCases) throws {
    guard let statesAway else { return }
    let missing = states.filter(statesAway.states.contains)
    if !missing.isEmpty { throw TrainingError.statesAreAway(missing) }
  }

  /// What keeps the states from going there, and what would not.
  private func contradiction(to refuge: StateRefuge) -> (String, String)? {
    if settings.zero.parameterFiles != nil {
      return ("used with offload_param on nvme", "parameters in memory: those in files take none")
    }
    if settings.zero.fileTier != nil {
      return ("used with offload_optimizer on nvme", "optimizer states in memory: those in files take none")
    }
    guard refuge == .host, optimizer.groups.allSatisfy({ $0.flat.device == .cpu }) else { return nil }
    return ("to host memory where the device is the CPU", "files: the states are in host memory already")
  }
}

/// Keeps modules from computing with parameters that are away.
final class AbsenceGuard: ModuleObserver {
  private let states: [ModelState]

  init(_ states: Set<ModelState>) { self.states = ModelState.allCases.filter(states.contains) }

  func willCall(_ module: Module, at path: ParameterPath, inputs: [Tensor]) throws -> [Tensor]? {
    throw TrainingError.statesAreAway(states)
  }
}
