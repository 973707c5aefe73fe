public import Collectives
import Torch

/// A kind of model state that may be put away between phases, by DeepSpeed's name for it.
public enum ModelState: String, Sendable, CaseIterable {
  /// The states of the update rule, such as both moments of Adam.
  case optimizerStates = "optim_states"
  /// The f32 master weights. Where the working parameters are their own masters there are none.
  case masterWeights = "hp_params"
  /// What this rank keeps of the working parameters that are trained; at stage 3 of frozen ones too.
  case workingParameters = "lp_params"
  /// This rank's slices of reduced gradients, which stages 2 and 3 keep.
  case gradients = "lp_grads"
  /// The buffers in which gradients of whole buckets are collected, and at stages 0 and 1 kept.
  case gradientBuffers = "contiguous_grad_buffer"
}

/// Where states go that are put away.
public enum StateRefuge: Sendable, Equatable {
  /// Host memory, for states on another device. States on the host are there already, and stay as they are.
  case host
  /// A file of each rank below a folder, without a name, so that nothing is left behind.
  case files(FileSettings)
}

extension ZeROOptimizer {
  /// The tensors in memory that hold a kind of state on this rank.
  func tensors(of state: ModelState) throws -> [Tensor] {
    switch state {
    case .optimizerStates: groups.flatMap(\.states.residentStates)
    case .masterWeights: groups.flatMap(\.states.residentMasters)
    case .workingParameters:
      groups.compactMap(\.flat.residentValues) + [try gatherer?.residentShards()].compactMap { $0 }
    case .gradients: reducer.residentSlices
    case .gradientBuffers: reducer.residentBuffers
    }
  }

  /// Puts states away: their values are kept in the refuge, and their memory is given back. Every rank calls
  /// it, with the same states, and nobody touches the states until they are restored. `ranks` are those of
  /// the optimizer.
  ///
  /// - Throws: `CollectiveError`, `AsyncFileError` as when the disk is full, `TorchError`, ``UpdateError/underWay``. Of
  ///   a call that throws before all ranks have saved, nothing is lost.
  public func putAway(_ states: Set<ModelState>, in refuge: StateRefuge, ranks: ProcessGroup) throws -> StatesAway {
    try settle()
    let tensors = try ModelState.allCases.filter(states.contains).flatMap(tensors(of:))
    // Nobody keeps copies of what goes.
    if states.contains(.workingParameters) { try gatherer?.reset() }
    return try withoutGradients { try StatesAway(states: states, tensors: tensors, refuge: refuge, ranks: ranks) }
  }

  /// Brings states back. Every rank calls it.
  ///
  /// - Throws: `CollectiveError`, `AsyncFileError`, `TorchError`.
  public func restore(_ away: StatesAway) throws {
    try withoutGradients { try away.restore() }
    // What was gathered meanwhile are no values.
    if away.states.contains(.workingParameters) { try gatherer?.reset() }
  }
}
