import Collectives
import Layers
import Optimizers
import Torch

/// ZenFlow: in every step the chosen columns of each weight are updated where the gradients are, and all
/// parameters of one dimension; the gradients of the rest are added up, and applied by the host at the end of
/// a window of steps (arXiv 2505.12242).
///
/// A chosen column is updated by a rule of its own, the options of which are the optimizer's, from f32
/// weights and zero states that last until columns are chosen again; then its weights go back to the masters.
/// What a window has added up is applied as its mean, by the optimizer's own rule, whose steps are the
/// windows. Moving beside the passes, its result shows when the next window ends.
final class UpdateImportantFirst: UpdateSchedule {
  private let parts: StepParts
  private let settings: ZenFlowSettings
  private let warmup: UpdateAfterNorm
  private let columns: [MatrixColumns]
  /// Rules of the chosen elements, one for each rule of the optimizer.
  private var chosenRules: [any OptimizerRule] = []
  /// The chosen columns of each matrix of each group; none before the first choice.
  private var choice: [[[Int]]] = []
  /// By groups and buckets.
  private var chosen: [[ChosenColumns]] = []
  /// Clipped gradients of the rest, added up in f32 on the host; by groups and buckets, nil where there was
  /// none.
  private var waiting: [[Tensor?]] = []
  private var waitingStepCount = 0
  private var balance: UpdateBalance
  /// Steps since the first choice.
  private var stepCount = 0
  private var inputs: ZeROOptimizer.StepInputs?
  /// Updates the rest beside the passes; nil where the step does.
  private let worker: UpdateWorker?
  /// An update of the rest was begun, and its weights are not published.
  private var isUnderWay = false

  /// - Throws: `CollectiveError` when the system has no thread left.
  init(_ parts: StepParts, settings: ZenFlowSettings) throws {
    self.parts = parts
    self.settings = settings
    let reserved = Int((Double(Torch.threadCount) * settings.reservedThreadShare).rounded(.up))
    worker =
      settings.overlapsUpdates ? try UpdateWorker(threadCount: max(1, Torch.threadCount - reserved)) : nil
    warmup = UpdateAfterNorm(parts)
    columns = parts.groups.map { group in
      MatrixColumns(layout: group.flat.layout, shapes: group.flat.parameters.map(\.shape), owner: group.owner)
    }
    balance = UpdateBalance(
      count: columns.reduce(0) { $0 + $1.columnCounts.count }, share: settings.columnShare,
      enough: settings.outweighedShare)
    forgetWaiting()
  }

  func beginBackward(before step: ZeROOptimizer.StepInputs?) {}

  func step(_ inputs: ZeROOptimizer.StepInputs) throws -> ZeROOptimizer.StepOutcome {
    guard parts.stepCount >= settings.warmupStepCount else { return try warmup.step(inputs) }
    var times = ZeROOptimizer.StepTimes()
    let (norm, overflow) = try parts.checkedNorm(inputs, &times)
    if let overflow { return parts.skip(overflow, norm: norm, times) }
    let start = ContinuousClock.now
    let multiplier = parts.multiplier(norm: norm, inputs)
    self.inputs = inputs
    try parts.gatherer?.willChangeValues()
    let isChoice = settings.choiceInterval.map { stepCount.isMultiple(of: $0) } ?? (stepCount == 0)
    if isChoice { try choose() }
    try updateChosen(multiplier, inputs)
    try addRest(multiplier)
    stepCount += 1
    let isDue = settings.updateInterval.map { stepCount.isMultiple(of: $0) } ?? balance.isDue
    if isChoice || isDue {
      try land()
      try applyRest()
      if !settings.overlapsUpdates { try land() }
    }
    try showChosen()
    let updateEnd = ContinuousClock.now
    times.update = updateEnd - start
    try parts.gatherUpdated()
    times.gather = .now - updateEnd
    parts.reducer.clear()
    return ZeROOptimizer.StepOutcome(gradientNorm: norm, overflow: nil, times: times)
  }

  // MARK: Choosing

  /// Applies what waits, gives chosen weights back to the masters, and chooses columns by this step's
  /// gradient.
  private func choose() throws {
    try closeWindow()
    let sums = try addedOverRanks(localSums())
    choice = sums.map { MatrixColumns.largest($0, share: settings.columnShare) }
    chosenRules = try parts.rules.map { try $0.restarted() }
    chosen = try parts.groups.enumerated().map { index, group in
      let device = settings.offloadsChosen ? Device.cpu : group.flat.device
      return try group.flat.layout.buckets.indices.map { bucket in
        try ChosenColumns(
          places: columns[index].places(bucket: bucket, chosen: choice[index]),
          weights: group.states.values(of: .master, group.partitionRange(ofBucket: bucket)), rule: rule(of: group),
          device: device)
      }
    }
  }

  /// The sums of absolute gradients of each column over this rank's partition, by groups and matrices.
  private func localSums() throws -> [[[Double]]] {
    try columns.enumerated().map { index, columns in
      try columns.sums { try parts.reducer.gradient(group: index, bucket: $0) }
    }
  }

  /// The same over all ranks, whose partitions cut through every column: 8 bytes a column.
  private func addedOverRanks(_ sums: [[[Double]]]) throws -> [[[Double]]] {
    var all = try parts.sums(sums.flatMap { $0.flatMap { $0 } }, label: "sums of the columns' gradients")[...]
    return sums.map { group in
      group.map { matrix in
        defer { all = all.dropFirst(matrix.count) }
        return Array(all.prefix(matrix.count))
      }
    }
  }

  // MARK: Every step

  private func rule(of group: PartitionedGroup) -> any OptimizerRule {
    guard let index = parts.rules.firstIndex(where: { $0 === group.rule }) else { return group.rule }
    return chosenRules[index]
  }

  private func updateChosen(_ multiplier: Double, _ inputs: ZeROOptimizer.StepInputs) throws {
    try parts.beginStep(inputs, of: chosenRules)
    for (index, group) in parts.groups.enumerated() {
      for bucket in group.flat.layout.buckets.indices {
        guard let gradient = try parts.reducer.gradient(group: index, bucket: bucket) else { continue }
        try chosen[index][bucket].update(gradient: gradient, multiplier: multiplier, rule: rule(of: group))
      }
    }
  }

  private func addRest(_ multiplier: Double) throws {
    for (index, group) in parts.groups.enumerated() {
      for bucket in group.flat.layout.buckets.indices {
        guard let gradient = try parts.reducer.gradient(group: index, bucket: bucket) else { continue }
        let rest = try gradient.to(.float32).mul(multiplier)
        try chosen[index][bucket].clear(in: rest)
        if let sum = waiting[index][bucket] {
          _ = try sum.addInPlace(rest.to(.cpu))
        } else {
          waiting[index][bucket] = try rest.to(.cpu)
        }
      }
    }
    waitingStepCount += 1
    guard settings.updateInterval == nil else { return }
    try weigh(multiplier)
  }

  /// Compares what waits with what is applied: 16 bytes a weight.
  private func weigh(_ multiplier: Double) throws {
    var numbers: [Double] = []
    for (sums, choice) in zip(try localSums(), choice) {
      for (sums, chosen) in zip(sums, choice) {
        numbers.append(multiplier * chosen.reduce(0) { $0 + sums[$1] })
        numbers.append(multiplier * sums.reduce(0, +))
      }
    }
    let all = try parts.sums(numbers, label: "sums of chosen and all gradients")
    balance.add(stride(from: 0, to: all.count, by: 2).map { (chosen: all[$0], all: all[$0 + 1]) })
  }

  /// Writes the chosen weights over what the parameters have in their places.
  private func showChosen() throws {
    for (index, group) in parts.groups.enumerated() {
      for bucket in group.flat.layout.buckets.indices {
        let values = try group.flat.shardValues(bucket, rank: group.owner)
        try chosen[index][bucket].write(into: values)
        try group.flat.storeShard(values, bucket)
      }
    }
  }

  // MARK: The rest

  private func forgetWaiting() {
    waiting = parts.groups.map { group in group.flat.layout.buckets.map { _ in nil } }
    waitingStepCount = 0
    balance.restart()
  }

  /// Begins to apply the mean of what waits.
  private func applyRest() throws {
    guard waitingStepCount > 0, let inputs else { return }
    let (gradients, updates) = (waiting, StagedUpdates(parts.groups, multiplier: 1 / Double(waitingStepCount)))
    forgetWaiting()
    try parts.beginStep(inputs)
    func begin(_ job: @escaping () throws -> Void) throws {
      if let worker { try worker.start(job) } else { try job() }
    }
    for (group, gradients) in gradients.enumerated() {
      for (bucket, gradient) in gradients.enumerated() {
        guard let gradient else { continue }
        try begin { try updates.update(group: group, bucket: bucket, gradient: gradient) }
      }
    }
    try begin { try updates.end() }
    isUnderWay = true
  }

  /// Waits for the update under way, and shows its weights.
  private func land() throws {
    guard isUnderWay else { return }
    isUnderWay = false
    try worker?.wait()
    for group in parts.groups {
      for bucket in group.flat.layout.buckets.indices { try group.flat.publishStaged(bucket) }
    }
  }

  /// Applies everything that waits, and gives the chosen weights back to the masters: nothing is chosen any
  /// more.
  private func closeWindow() throws {
    guard !chosen.isEmpty else { return }
    try land()
    try applyRest()
    try land()
    try showChosen()
    try returnWeights()
    chosen = []
  }

  /// Makes the masters of chosen elements what their weights are.
  private func returnWeights() throws {
    for (group, chosen) in zip(parts.groups, chosen) {
      let ranges = group.flat.layout.buckets.indices.map(group.partitionRange(ofBucket:))
      try group.states.beginUpdates(of: ranges)
      for (range, columns) in zip(ranges, chosen) {
        let piece = try group.states.borrow(range)
        if let master = piece.master { try columns.write(into: master) }
        try group.states.giveBack(piece)
      }
      try group.states.endUpdates()
    }
  }

  // MARK: Between steps

  func waitForUpdates() throws {
    try worker?.wait()
    if !chosen.isEmpty { try withoutGradients { try returnWeights() } }
  }

  /// Ends the window early: the next step chooses columns anew.
  func settle() throws {
    guard !chosen.isEmpty else { return }
    // Ranks that read each other's weights have left the passes that did.
    try parts.barrier()
    try parts.gatherer?.willChangeValues()
    try closeWindow()
    stepCount = 0
    try parts.gatherUpdated()
  }

  func discardGradients() { parts.reducer.clear() }

  func close() { worker?.close() }

  var byteCount: Int {
    let own = chosen.joined().reduce(0) { $0 + $1.byteCount }
    let rest = waiting.joined().reduce(own) { $0 + ($1?.byteCount ?? 0) }
    return parts.groups.reduce(rest) { $0 + $1.flat.peakStagedByteCount }
  }
}
