import Torch

extension ZeROOptimizer {
  /// Whether parameters or states live in files.
  public var usesFiles: Bool { settings.fileTier != nil || settings.parameterFiles != nil }

  /// Moves what a step of one micro batch moves between memory and files, and computes nothing: parameters are read for
  /// forward and for backward and written once, masters and states are read and written. Gradients in files are left
  /// out. Values stay as they are; every rank calls it. For benchmarks: the time that no overlap can hide.
  ///
  /// - Throws: `AsyncFileError`, `TorchError`, `CollectiveError`, ``UpdateError/underWay``.
  public func passThroughFiles() throws {
    try settle()
    try withoutGradients {
      try gatherer?.passThroughFiles(writing: false)
      try gatherer?.passThroughFiles(writing: true)
      for group in groups { try group.passThroughStates() }
    }
  }
}

extension ParameterGatherer {
  /// Reads the units that are in files, one ahead, and with `writing` stores this rank's shards as they are.
  fileprivate func passThroughFiles(writing: Bool) throws {
    try reset()
    let units = units.filter { !source.isInMemory(byteOffset: $0.byteOffset) }
    for (index, unit) in units.enumerated() {
      try unit.begin(source, .working)
      if index + 1 < units.count { try units[index + 1].begin(source, .working) }
      try unit.finish()
      if writing, unit.isTrainable {
        let shard = try unit.whole.narrow(dim: 0, start: unit.shardRange.lowerBound, length: unit.shardRange.count)
        try source.storeOwnShard(shard.clone(), byteOffset: unit.byteOffset)
      }
      try unit.release()
    }
    try publish()
  }
}

extension PartitionedGroup {
  /// Lends all pieces and takes them back as they are.
  fileprivate func passThroughStates() throws {
    try beginUpdates()
    for bucket in flat.layout.buckets.indices {
      for piece in pieces(ofBucket: bucket) { try states.giveBack(states.borrow(piece.range)) }
    }
    try states.endUpdates()
    states.commit()
  }
}
