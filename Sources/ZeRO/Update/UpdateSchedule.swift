/// When the updates of a step run. The optimizer tells its schedule of every backward pass and every step; the
/// schedule calls the ``StepParts`` in its own order.
///
/// A schedule decides when; what an update does is the same for all of them.
protocol UpdateSchedule: AnyObject {
  /// A backward pass begins.
  ///
  /// - Parameter step: what the step after this pass will be given, when it is the last pass before one whose gradients
  ///   are reduced; else nil.
  /// - Throws: ``UpdateError``.
  func beginBackward(before step: ZeROOptimizer.StepInputs?) throws

  /// Takes a step with the gradients of the backward passes since the last one.
  func step(_ inputs: ZeROOptimizer.StepInputs) throws -> ZeROOptimizer.StepOutcome

  /// Returns when nothing of this rank's masters and states is being updated any more. Calls no other rank.
  ///
  /// - Throws: ``UpdateError/underWay`` between a backward pass and its step, when they are neither old nor new.
  func waitForUpdates() throws

  /// Returns when the working parameters have all updates of the steps that were taken; every rank calls it.
  ///
  /// - Throws: as ``waitForUpdates()``.
  func settle() throws

  /// Forgets the gradients since the last step.
  func discardGradients() throws

  /// Ends background work, whatever became of it.
  func close()

  /// Bytes of memory that the schedule itself needs.
  var byteCount: Int { get }
}
