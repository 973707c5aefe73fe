public import Checkpoints
import Collectives
public import Layers
import Optimizers
import RunSettings
public import Torch
import ZeRO

extension TrainingEngine {
  /// Saves weights, optimizer states and progress; every rank must call it.
  ///
  /// - Parameters:
  ///   - directory: where checkpoints live.
  ///   - tag: the checkpoint's name, the same on all ranks; `global_step<N>` when nil. Where ranks differ and
  ///     the settings' `tagValidation` allows it, rank 0's is taken.
  ///   - state: what else the run must remember; rank 0's is saved.
  ///   - saveLatest: let the file `latest` name this checkpoint.
  /// - Returns: the tag.
  /// - Throws: `CheckpointError`, `FileSystemError`, `PeerFailure`, ``TrainingError/tagsDiffer(_:)``.
  @discardableResult
  public func saveCheckpoint(
    to directory: String, tag: String? = nil, state: RunState = RunState(), saveLatest: Bool = true
  ) throws -> String {
    try requireHome()
    guard !directory.isEmpty else {
      throw TrainingError.option(name: "save_dir", found: "empty", expected: "the path of a folder")
    }
    try optimizer.settle()
    let tag = tag ?? "global_step\(progress.globalSteps)"
    let agreed = try agreedTag(tag)
    let streams = try RandomStreams(of: model)
    let named = try model.namedParameters()
    let aliases = try model.aliases().map { ($0.key.description, $0.value.description) }
    let manifest = CheckpointManifest(
      parameters: named.map {
        .init(path: $0.path.description, shape: $0.parameter.shape, isTrainable: $0.parameter.isTrainable)
      },
      aliases: Dictionary(aliases, uniquingKeysWith: { first, _ in first }), worldSize: processGroup.size,
      zeroStage: settings.zero.stage, shardFiles: [], scalars: optimizerSteps,
      progress: try SavedProgress(
        engine: progress, lossScaler: lossScaler, data: state.data,
        random: streams.record(rankCount: processGroup.size)
      ).text(),
      clientState: state.client)
    let buffers = try model.namedBuffers().filter(\.buffer.isPersistent).map {
      LazyTensor(name: $0.path.description, $0.buffer.tensor)
    }
    let parameters = named.map { path, parameter in
      LazyTensor(TensorDescription(name: path.description, dtype: parameter.leaf.dtype, shape: parameter.shape)) {
        try self.wholeValues(of: parameter)
      }
    }
    try CheckpointWriter(directory: directory, peers: checkpointPeers).save(
      tag: agreed, manifest: manifest,
      model: parameters + buffers,
      fragments: stateFragments() + streams.fragments(rank: processGroup.rank), saveLatest: saveLatest)
    return agreed
  }

  /// The tag under which all ranks save: rank 0's, where they differ and `tag_validation` lets them.
  private func agreedTag(_ tag: String) throws -> String {
    let tags = try checkpointPeers.exchange(Array(tag.utf8), "save_checkpoint: tag")
      .map { String(decoding: $0, as: UTF8.self) }
    guard Set(tags).count > 1 else { return tag }
    let difference = TrainingError.tagsDiffer(tags)
    switch settings.tagValidation {
    case .fail: throw difference
    case .warn: log.warning("\(difference); rank 0's tag is taken")
    case .ignore: break
    }
    return tags[0]
  }

  /// Goes on from a checkpoint, written by any number of ranks at any ZeRO stage; every rank must call it.
  ///
  /// - Parameters:
  ///   - directory: where checkpoints live.
  ///   - tag: which one; the one that `latest` names when nil.
  ///   - loadOptimizerStates: false takes the weights only; masters are then made from them.
  /// - Returns: the caller's own state, or nil when `tag` is nil and there is no `latest`.
  /// - Throws: `CheckpointError`, `FileFormatError` naming a damaged file, `TorchError`.
  public func loadCheckpoint(
    from directory: String, tag: String? = nil, loadOptimizerStates: Bool = true
  ) throws -> RunState? {
    try requireHome()
    try optimizer.settle()
    guard let tag = try tag ?? CheckpointReader.latestTag(in: directory) else { return nil }
    // One rank of a machine reads every byte; the others trust it and only check sizes.
    let reader = try checkpointPeers.together("load_checkpoint \(tag)") {
      try CheckpointReader(directory: directory, tag: tag, verifyingChecksums: processGroup.rank == 0)
    }
    try check(reader)
    let saved = try SavedProgress(text: reader.manifest.progress, folder: reader.folder)
    try withoutGradients {
      try readModel(reader)
      if loadOptimizerStates { try readStates(reader) }
      try optimizer.gatherParameters()
    }
    try RandomStreams(of: model).restore(
      saved.random, from: reader, step: saved.engine.globalSteps, rank: processGroup.rank,
      rankCount: processGroup.size)
    try optimizer.zeroGradients()
    progress = saved.engine
    lossScaler = saved.lossScaler
    return RunState(data: saved.data, client: reader.manifest.clientState)
  }

  private func check(_ reader: CheckpointReader) throws {
    let own = try model.namedParameters()
    let stored = Dictionary(
      reader.manifest.parameters.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
    for (path, parameter) in own {
      guard let record = stored[path.description] else {
        throw CheckpointError.differentModel(
          folder: reader.folder, detail: "it has no parameter \(path), which the model has")
      }
      guard record.shape == parameter.shape else {
        throw CheckpointError.differentModel(
          folder: reader.folder, detail: "\(path) has shape \(record.shape) there and \(parameter.shape) in the model")
      }
    }
    let paths = Set(own.map(\.path.description))
    if let stranger = reader.manifest.parameters.first(where: { !paths.contains($0.path) }) {
      throw CheckpointError.differentModel(
        folder: reader.folder, detail: "it has a parameter \(stranger.path), which the model has not")
    }
  }

  private func readModel(_ reader: CheckpointReader) throws {
    let source = try reader.model()
    for (path, parameter) in try model.namedParameters() {
      if let stored = try source.tensor(named: path.description) { try optimizer.assign(stored, to: parameter) }
    }
    for (path, buffer) in try model.namedBuffers() where buffer.isPersistent {
      if let stored = try source.tensor(named: path.description) { try buffer.tensor.copyInPlace(stored) }
    }
    for group in optimizer.groups { try group.readMastersFromValues() }
  }

  /// A parameter's values, whole; of a partitioned one a copy, for which it is gathered.
  ///
  /// - Throws: `CollectiveError`, `TorchError`.
  public func wholeValues(of parameter: Parameter) throws -> Tensor {
    try requireHome([.workingParameters])
    guard parameter.residence != nil, let gatherer = optimizer.gatherer else { return try parameter.leaf.detached() }
    return try gatherer.withGathered([parameter]) { try withoutGradients { try parameter.leaf.clone() } }
  }

  private func readStates(_ reader: CheckpointReader) throws {
    for group in optimizer.groups {
      let states = group.stateNames.filter { settings.loadsFloat32Masters || $0 != PartitionedGroup.masterState }
      for state in states {
        for fragment in group.fragments {
          let path = group.flat.layout.members[fragment.member].path
          // A parameter that was frozen when the checkpoint was written starts with fresh states.
          guard reader.holds(state: state, path: path) else { continue }
          let values = try Tensor.empty([fragment.parameterRange.count], dtype: .float32)
          try reader.read(state: state, path: path, range: fragment.parameterRange, into: values)
          try group.setValues(ofState: state, fragment, values)
        }
      }
      if let step = reader.manifest.scalars[stepKey(of: group)] { group.rule.step = Int(step) }
      try group.writeValuesFromMasters()
    }
  }

  private func stepKey(of group: PartitionedGroup) -> String { "step/\(group.flat.layout.members[0].path)" }

  private var optimizerSteps: [String: Double] {
    Dictionary(
      optimizer.groups.map { (stepKey(of: $0), Double($0.rule.step)) },
      uniquingKeysWith: { first, _ in first })
  }

  /// What this rank writes: of several copies the first one; at stage 0 rank 0 has everything and writes alone.
  private func stateFragments() -> [StateFragment] {
    guard optimizer.copyNumber == 0, settings.zero.stage > 0 || processGroup.rank == 0 else { return [] }
    return optimizer.groups.flatMap { group in
      group.stateNames.flatMap { state in
        group.fragments.map { fragment in
          StateFragment(
            state: state, path: group.flat.layout.members[fragment.member].path, range: fragment.parameterRange
          ) { try group.values(ofState: state, fragment) }
        }
      }
    }
  }

  /// This engine's ranks, as checkpoints know them.
  public var checkpointPeers: CheckpointPeers {
    let group = processGroup
    return CheckpointPeers(rank: group.rank, count: group.size) { bytes, label in
      try group.allGather(bytes: bytes, label: label)
    }
  }
}
