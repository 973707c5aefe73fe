import AsyncFiles
import Optimizers
import Torch

/// Times the optimizer step of a partition whose masters and moments live in files, beside its parts: the update of
/// tensors in memory, and the passage through the buffers without an update. `deepspeed bench offload`.
public final class OffloadBenchmark {
  /// What is timed.
  public enum Work: String, Sendable, CaseIterable {
    /// AdamW on tensors in memory.
    case update
    /// Reading and writing every sub-group.
    case transfer
    /// Both, as a training step does it.
    case step
  }

  /// Elements of the partition.
  public let elementCount: Int
  /// Bytes that a step reads; it writes as many.
  public var byteCount: Int { elementCount * 12 }
  /// Bytes of the buffers that the states pass through.
  public var bufferByteCount: Int { tier.bufferByteCount }
  private let tier: FileTier
  private let rule: any OptimizerRule
  private let files: FileStates
  private let memory: MemoryStates
  private let gradient: Tensor
  private let copy: Tensor
  private var pieces: [Range<Int>] { SubGroups.parts(of: 0..<elementCount, limit: tier.subGroupSize) }

  /// Makes the files, zeros, and one sub-group in memory.
  ///
  /// - Parameters:
  ///   - elementCount: of the partition; f32 masters and two f32 moments, bf16 gradients and weights.
  ///   - settings: where and how.
  /// - Throws: `AsyncFileError`, `TorchError`.
  public init(elementCount: Int, settings: FileTierSettings) throws {
    self.elementCount = elementCount
    rule = try OptimizerOptions.adam(AdamOptions()).makeRule()
    tier = try FileTier(settings, stage: 3, rank: 0, tensorCount: 3, elementCount: elementCount)
    files = try tier.makeStates(name: "bench", elementCount: elementCount, rule: rule, keepsMasters: true)
    memory = try MemoryStates(elementCount: tier.subGroupSize, rule: rule, keepsMasters: true, device: .cpu)
    gradient = try Tensor.full([tier.subGroupSize], 1e-3, dtype: .bfloat16)
    copy = try Tensor.zeros([tier.subGroupSize], dtype: .bfloat16)
    // Space that was only set aside is zeros that no disk reads: everything is written once.
    _ = try time(.step)
  }

  /// Does the work once.
  ///
  /// - Returns: seconds.
  /// - Throws: `AsyncFileError`, `TorchError`, `OptimizerError`.
  public func time(_ work: Work) throws -> Double {
    let start = ContinuousClock.now
    try rule.beginStep()
    let pieces = pieces
    if work != .update { try files.beginUpdates(of: pieces) }
    for range in pieces {
      let piece = try work == .update ? memory.borrow(0..<range.count) : files.borrow(range)
      if work != .transfer { try update(piece) }
      if work != .update { try files.giveBack(piece) }
    }
    if work != .update { try files.endUpdates() }
    return start.duration(to: .now) / .seconds(1)
  }

  private func update(_ piece: StatePiece) throws {
    guard let master = piece.master else { preconditionFailure("the benchmark keeps masters") }
    let count = piece.range.count
    try rule.update(
      FlatUpdate(
        master: master, states: piece.states, gradient: gradient.narrow(dim: 0, start: 0, length: count),
        lowPrecisionCopy: copy.narrow(dim: 0, start: 0, length: count)))
  }
}
