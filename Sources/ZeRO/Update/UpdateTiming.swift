import Optimizers
import Torch

/// When the updates of a step run.
public enum UpdateTiming: Sendable, Equatable {
  /// In the step, when the norm of the gradient is known.
  case afterNorm
  /// `offload_optimizer.super_offload`: as soon as gradients are reduced, while backward goes on; where the norm
  /// then asks for clipping, they are taken back and run again in the step.
  case duringBackward
  /// `offload_optimizer.delayed_update`: beside the passes of the next step, whose weights are one update older, from the
  /// step after `warmUpSteps` on.
  case delayed(warmUpSteps: Int)
  /// `zenflow`: of the columns with the largest gradients in the step, of the rest once for several steps.
  case importantFirst(ZenFlowSettings)

  var settingName: String {
    switch self {
    case .afterNorm: "updates in the step"
    case .duringBackward: "super_offload"
    case .delayed: "delayed_update"
    case .importantFirst: "zenflow"
    }
  }
}

extension ZeROSettings {
  /// Whether updates run on a thread of their own, so that states keep masters and working values are staged.
  public var updatesBesideTraining: Bool {
    switch updateTiming {
    case .afterNorm: false
    case .duringBackward, .delayed, .importantFirst: true
    }
  }

  /// Whether the columns with the largest gradients are updated on their own.
  var choosesColumns: Bool { if case .importantFirst = updateTiming { true } else { false } }

  /// Whether updates begin before it is known that they count, and are taken back if not.
  var revokesUpdates: Bool { updateTiming == .duringBackward && (checksOverflow || clips) }

  /// Whether large gradients are clipped.
  var clips: Bool { clipping.maximumNorm > 0 }

  /// - Parameter fileBufferByteCount: bytes of the buffers between files and memory; nil where states are in memory.
  /// - Throws: `OptimizerError.mismatch` for a rule or stage that cannot update beside training, `CollectiveError` when
  ///   the system has no thread left.
  func makeSchedule(_ parts: StepParts, fileBufferByteCount: Int?) throws -> any UpdateSchedule {
    guard updatesBesideTraining else { return UpdateAfterNorm(parts) }
    let name = updateTiming.settingName
    if parts.groups.contains(where: { $0.rule is any LayerwiseRule }) {
      throw OptimizerError.mismatch(
        what: name, found: "a rule that needs norms of whole parameters from all ranks (LAMB)",
        expected: "another optimizer: an update that runs beside training cannot talk to other ranks")
    }
    guard stage > 0 else {
      throw OptimizerError.mismatch(what: name, found: "ZeRO stage 0", expected: "stage 1, 2 or 3")
    }
    if case .importantFirst(let settings) = updateTiming { return try UpdateImportantFirst(parts, settings: settings) }
    let share = Double(Torch.threadCount) * workerThreadShare
    let worker = try UpdateWorker(threadCount: max(1, Int(share.rounded())))
    guard case .delayed(let warmUpSteps) = updateTiming else {
      // Gradients that would be in a file otherwise must not pile up in memory.
      let limit = gradientFiles == nil ? nil : fileBufferByteCount
      return UpdateDuringBackward(parts, worker: worker, queueLimit: limit ?? .max)
    }
    return UpdateDelayed(parts, worker: worker, warmUpSteps: warmUpSteps)
  }
}
