public import Layers
public import Torch

/// Brings partitioned parameters before they are used and lets go of them after it, forward, backward and in
/// recomputation (ZeRO stage 3, arXiv 1910.02054, section 5.3; 2104.07857, section 6.2).
///
/// Reading a parameter's tensor is what gathers it, whoever reads it: the module that declares it, one that shares
/// it, a function outside of all modules, an expert that gets a token this time and none the next. The calls of
/// modules say when it may go; what a graph has kept is brought again when the backward pass comes to the outputs
/// of the call, and goes when its gradient has arrived.
public final class ParameterGatherer: ModuleObserver {
  /// When parameters are brought and let go of.
  public let settings: GatherSettings
  let source: any ShardSource
  private(set) var units: [GatherUnit] = []
  private var trace = GatherTrace(elementCounts: [])
  /// The calls under way, the innermost last; the first is what runs outside of all modules.
  private var frames = [Frame()]
  /// The units that each module has used, so that they are gathered when it is called, where errors can be thrown.
  private var known: [ObjectIdentifier: [GatherUnit]] = [:]
  private var pendingError: (any Error)?
  private var isTraining = false
  private var isInBackwardPass = false
  /// Elements that are gathered now.
  public private(set) var liveElementCount = 0
  /// The most that have been gathered at one time.
  public private(set) var peakLiveElementCount = 0
  /// Steps that used parameters in another order than the one before, after the first.
  public var traceInvalidationCount: Int { trace.invalidationCount }
  /// How often units were gathered.
  public private(set) var gatherCount = 0

  private struct Frame {
    var module: ObjectIdentifier?
    var units: [GatherUnit] = []
    var inputs: [Tensor] = []
  }

  init(settings: GatherSettings, source: any ShardSource) {
    self.settings = settings
    self.source = source
  }

  /// Takes a unit in, whose parameters' tensors are views of `whole`.
  func add(
    label: String, whole: Tensor, shardRange: Range<Int>,
    parameters: [(parameter: Parameter, range: Range<Int>)], byteOffset: Int
  ) throws -> GatherUnit {
    let unit = GatherUnit(
      index: units.count, label: label, whole: whole, shardRange: shardRange,
      leaves: parameters.map(\.parameter.leaf), byteOffset: byteOffset,
      isTrainable: parameters.contains(where: \.parameter.isTrainable))
    for (parameter, range) in parameters {
      parameter.residence = UnitResidence(unit: unit, range: range, gatherer: self)
    }
    units.append(unit)
    return unit
  }

  /// Begins to watch `model`; all units are there.
  func attach(to model: Module) throws {
    trace = GatherTrace(elementCounts: units.map(\.elementCount))
    for unit in units { unit.noteIdle() }
    try model.attach(self)
  }

  // MARK: The phases of a step

  /// A forward pass of training begins.
  public func beginForward() throws {
    if !isTraining { try releaseIdle() }
    isTraining = true
    try leaveAll(outputs: [])
  }

  /// A forward pass has yielded `loss`, for which ``finishBackward()`` follows.
  public func endForward(loss: Tensor) throws {
    try throwPending()
    try leaveAll(outputs: [loss])
  }

  /// Runs `body`, which changes no values: what it gathers may stay until its end.
  public func evaluating<Result>(_ body: () throws -> Result) throws -> Result {
    let wasTraining = isTraining
    isTraining = false
    defer { isTraining = wasTraining }
    let result = try body()
    try throwPending()
    try leaveAll(outputs: [])
    try releaseIdle()
    return result
  }

  /// Ends all calls, also those that threw.
  private func leaveAll(outputs: [Tensor]) throws {
    let ended = frames
    frames = [Frame()]
    for frame in ended.reversed() { try leave(frame, outputs: frame.module == nil ? outputs : []) }
  }

  /// A backward pass begins.
  public func beginBackward() { isInBackwardPass = true }

  /// The gradients of a unit's parameters have arrived: the backward pass needs it no more.
  func gradientsArrived(of unit: GatherUnit) throws {
    unit.isInBackward = false
    try afterUse(unit)
  }

  /// A backward pass is over.
  public func finishBackward() throws {
    try throwPending()
    isInBackwardPass = false
    try leaveAll(outputs: [])
    for unit in units {
      unit.isInBackward = false
      try afterUse(unit)
    }
  }

  /// A step is about to change values: what is gathered is of no use any more.
  func willChangeValues() throws {
    trace.endStep()
    isTraining = false
    try leaveAll(outputs: [])
    for unit in units {
      precondition(unit.userCount == 0, "\(unit.label) is in use while a step changes its values")
      unit.isInBackward = false
      try release(unit)
    }
  }

  /// All ranks' shards have their new values.
  func publish() throws { try source.publish() }

  /// Lets go of everything that is not in use.
  public func releaseIdle() throws {
    for unit in units where unit.isIdle { try release(unit) }
  }

  /// Ends all calls, and lets go of everything: what was gathered is of no use any more, however it came.
  func reset() throws {
    pendingError = nil
    try leaveAll(outputs: [])
    for unit in units {
      unit.userCount = 0
      unit.isInBackward = false
      try unit.release()
    }
    liveElementCount = 0
  }

  /// All of this rank's shards that lie in memory, as bytes; nil when there are none.
  func residentShards() throws -> Tensor? {
    let ends = units.filter { source.isInMemory(byteOffset: $0.byteOffset) }
      .map { $0.byteOffset + $0.shardRange.count * $0.whole.dtype.byteCount }
    return try ends.max().map { try source.ownShard(byteOffset: 0, elementCount: $0, dtype: .uint8) }
  }

  // MARK: Uses

  /// Somebody reads a parameter's tensor.
  func willRead(_ unit: GatherUnit) {
    guard pendingError == nil else { return }
    do {
      if note(unit), let module = frames[frames.count - 1].module { known[module, default: []].append(unit) }
      try require([unit])
    } catch {
      pendingError = error
      unit.fillWithZeros()
    }
  }

  private func throwPending() throws {
    guard let error = pendingError else { return }
    pendingError = nil
    throw error
  }

  /// Notes that the innermost call uses a unit; false when it has used it before.
  private func note(_ unit: GatherUnit) -> Bool {
    let innermost = frames.count - 1
    guard !frames[innermost].units.contains(where: { $0 === unit }) else { return false }
    frames[innermost].units.append(unit)
    unit.userCount += 1
    if isTraining { trace.note(unit.index) }
    return true
  }

  /// Returns when the values of units in use are there, and begins to bring those of the coming uses.
  private func require(_ needed: [GatherUnit]) throws {
    let missing = needed.filter(\.isReleased)
    for unit in missing { try account(for: unit, makingRoom: true) }
    try begin(missing + comingUnits(after: missing), .working)
    for unit in needed { try unit.finish() }
  }

  /// The units to be brought early: large ones at once, small ones together with others.
  private func comingUnits(after missing: [GatherUnit]) throws -> [GatherUnit] {
    guard source.isAsynchronous else { return [] }
    var large: [GatherUnit] = []
    var small: [GatherUnit] = []
    // Small units wait for others until one of them is among the next uses.
    var smallAreDue = missing.contains(where: isSmall)
    for (usesBefore, index) in trace.comingUnits(within: settings.prefetchBucketSize).enumerated() {
      let next = units[index]
      guard next.isReleased, !(missing + small + large).contains(where: { $0 === next }) else { continue }
      let asked = (small + large).reduce(liveElementCount) { $0 + $1.elementCount }
      guard asked + next.elementCount <= settings.maximumLiveParameters else { break }
      guard isSmall(next) else {
        large.append(next)
        continue
      }
      if usesBefore < Self.usesToHideLatency { smallAreDue = true }
      small.append(next)
    }
    let coming = large + (smallAreDue ? small : [])
    for unit in coming { try account(for: unit, makingRoom: false) }
    return coming
  }

  /// So many uses of units take longer than a message between machines.
  private static let usesToHideLatency = 4

  private func isSmall(_ unit: GatherUnit) -> Bool { unit.whole.byteCount <= source.largestCoalescedUnit }

  /// Counts a unit that is about to be brought.
  private func account(for unit: GatherUnit, makingRoom: Bool) throws {
    if makingRoom, liveElementCount + unit.elementCount > settings.maximumLiveParameters { try makeRoom(for: unit) }
    gatherCount += 1
    liveElementCount += unit.elementCount
    peakLiveElementCount = max(peakLiveElementCount, liveElementCount)
  }

  /// Begins to bring released units, the small ones together.
  private func begin(_ missing: [GatherUnit], _ fidelity: GatherFidelity) throws {
    let small = missing.filter(isSmall)
    let isTogether = fidelity == .working && small.count > 1
    if isTogether {
      let pending = try source.beginCoalescedGather(small.map { try $0.prepare() })
      for unit in small { unit.expect(pending) }
    }
    for unit in missing where !(isTogether && isSmall(unit)) {
      try unit.begin(source, fidelity)
    }
  }

  /// Lets go of units until `unit` fits below the limit, those that are used last first.
  private func makeRoom(for unit: GatherUnit) throws {
    let candidates = units.filter { $0 !== unit && $0.isIdle }
      .map { (unit: $0, distance: trace.distanceToNextUse(of: $0.index) ?? .max) }
      .sorted { $0.distance > $1.distance }
    for candidate in candidates {
      guard liveElementCount + unit.elementCount > settings.maximumLiveParameters else { return }
      try release(candidate.unit)
    }
  }

  private func release(_ unit: GatherUnit) throws {
    if unit.isReleased { return }
    try unit.release()
    liveElementCount -= unit.elementCount
  }

  /// Brings units as the ranks have them, not rounded on the way.
  private func bringExactly(_ units: [GatherUnit]) throws {
    // What was rounded goes, unless somebody uses it.
    if source.roundsWorkingValues {
      for unit in units where unit.userCount == 0 && !unit.isInBackward { try release(unit) }
    }
    for unit in units {
      unit.userCount += 1
      if unit.isReleased {
        try account(for: unit, makingRoom: true)
        try begin([unit], .exact)
      }
      try unit.finish()
    }
  }

  /// Lets go of a unit unless it is used, or will be soon.
  private func afterUse(_ unit: GatherUnit) throws {
    guard unit.isIdle else { return }
    let fits = liveElementCount <= settings.maximumLiveParameters
    guard isTraining else {
      // Evaluation and generation change no values: what fits may stay until they end.
      if !fits || settings.maximumReuseDistance == 0 { try release(unit) }
      return
    }
    let distance = trace.distanceToNextUse(of: unit.index)
    if fits, let distance, distance <= settings.maximumReuseDistance { return }
    try release(unit)
  }

  // MARK: Calls of modules

  /// Gathers what the module used before, where errors can still be thrown.
  public func willCall(_ module: Module, at path: ParameterPath, inputs: [Tensor]) throws -> [Tensor]? {
    try throwPending()
    let id = ObjectIdentifier(module)
    frames.append(Frame(module: id, inputs: isRecordingGradients ? inputs.filter(\.requiresGradient) : []))
    let used = known[id] ?? []
    for unit in used { _ = note(unit) }
    if !used.isEmpty { try require(used) }
    return nil
  }

  /// Lets go of what the call used, and notes what its backward pass will need.
  public func didCall(_ module: Module, at path: ParameterPath, outputs: [Tensor]) throws -> [Tensor]? {
    try throwPending()
    // A call that threw was not ended.
    while frames.count > 1, let frame = frames.popLast() {
      let isOwn = frame.module == ObjectIdentifier(module)
      try leave(frame, outputs: isOwn ? outputs : [])
      if isOwn { break }
    }
    return nil
  }

  /// Ends a call: what its graph has kept comes back when a backward pass reaches one of the outputs.
  private func leave(_ frame: Frame, outputs: [Tensor]) throws {
    guard !frame.units.isEmpty else { return }
    if isRecordingGradients {
      let kept = frame.units.filter(\.isKeptByGraph)
      if isInBackwardPass {
        // Recomputed: the backward pass follows at once.
        for unit in kept where unit.isTrainable { unit.isInBackward = true }
      }
      if !kept.isEmpty { try hook(kept, inputs: frame.inputs, outputs: outputs) }
    }
    for unit in frame.units {
      unit.userCount -= 1
      try afterUse(unit)
    }
  }

  private func hook(_ kept: [GatherUnit], inputs: [Tensor], outputs: [Tensor]) throws {
    for output in outputs where output.requiresGradient && !output.isLeaf {
      try output.onGradient { [unowned self] _ in
        try self.beforeBackward(kept)
        return nil
      }
    }
    // The gradients of frozen parameters never arrive; those of the inputs come after the last use.
    let frozen = kept.filter { !$0.isTrainable }
    guard !frozen.isEmpty else { return }
    for input in inputs where !input.isLeaf {
      try input.onGradient { [unowned self] _ in
        for unit in frozen { try self.gradientsArrived(of: unit) }
        return nil
      }
    }
  }

  private func beforeBackward(_ kept: [GatherUnit]) throws {
    let needed = kept.filter { !$0.isInBackward }
    for unit in needed {
      unit.isInBackward = true
      if isTraining { trace.note(unit.index) }
    }
    if !needed.isEmpty { try require(needed) }
  }

  /// Runs `body` with these parameters whole.
  ///
  /// - Throws: `CollectiveError`, what `body` throws.
  public func withGathered<Result>(_ parameters: [Parameter], _ body: () throws -> Result) throws -> Result {
    let held = parameters.compactMap { $0.residence as? UnitResidence }.filter { $0.gatherer === self }.map(\.unit)
    try bringExactly(held)
    defer {
      for unit in held {
        unit.userCount -= 1
        try? afterUse(unit)
      }
    }
    return try body()
  }
}
