import AsyncFiles
import Torch

/// Master weights and states that live in files, each in one of its own, and pass through a fixed set of buffers.
///
/// A step joins the announced pieces to sub-groups and moves over them once: while one is updated, the next is read and
/// the last is written, as far as the tier pipelines. Memory is that of the buffers, whatever the partition's size.
final class FileStates: PartitionStates {
  /// One tensor of the partition.
  struct File {
    /// Where its values are, and where updates that may be revoked write new ones, if any do.
    var file: AsyncFile
    var next: AsyncFile?
    let dtype: DType

    /// Where updates go.
    var target: AsyncFile { next ?? file }
  }

  /// Elements that are in memory, or on their way.
  private struct SubGroup {
    let range: Range<Int>
    let tensors: [Tensor]
    let reads: [AsyncFileOperation]
    /// Some piece has been given back with new values.
    var isChanged = false
  }

  let hasMasters: Bool
  private let tier: FileTier
  /// Masters first, where they are kept, then the states.
  private(set) var files: [File]
  /// Elements announced and given back since the last commit.
  private var announcedCount = 0
  private var updatedCount = 0
  private var coming: ArraySlice<Range<Int>> = []
  private var ahead: [SubGroup] = []
  private var current: SubGroup?
  private var behind: [[AsyncFileOperation]] = []

  init(tier: FileTier, files: [File], hasMasters: Bool) {
    self.tier = tier
    self.files = files
    self.hasMasters = hasMasters
  }

  /// Nothing: the buffers belong to the tier.
  var byteCount: Int { 0 }

  var residentMasters: [Tensor] { [] }
  var residentStates: [Tensor] { [] }

  var largestPiece: Int { tier.subGroupSize }

  func beginUpdates(of ranges: [Range<Int>]) throws {
    coming = SubGroups.runs(of: ranges, limit: tier.subGroupSize)[...]
    announcedCount += ranges.reduce(0) { $0 + $1.count }
    try readAhead()
  }

  func borrow(_ range: Range<Int>) throws -> StatePiece {
    if current.map({ !$0.range.contains(range) }) ?? true { try advance(to: range) }
    guard let current else { preconditionFailure("elements \(range) were not announced, or not in this order") }
    let tensors = try current.tensors.map {
      try $0.narrow(dim: 0, start: range.lowerBound - current.range.lowerBound, length: range.count)
    }
    return StatePiece(
      range: range, master: hasMasters ? tensors[0] : nil, states: Array(tensors.dropFirst(hasMasters ? 1 : 0)))
  }

  func giveBack(_ piece: StatePiece) throws {
    current?.isChanged = true
    updatedCount += piece.range.count
    if piece.range.upperBound == current?.range.upperBound { try finishCurrent() }
  }

  func endUpdates() throws {
    try finishCurrent()
    while !behind.isEmpty { try waitForOldestWrite() }
    coming = []
    ahead = []
    try tier.reading.wait()
    try tier.writing.wait()
  }

  /// Makes the sub-group with these elements the current one. Those before it were left out.
  private func advance(to range: Range<Int>) throws {
    try finishCurrent()
    while let first = ahead.first, !first.range.contains(range) {
      // Its buffers are free when it has been read.
      for operation in ahead.removeFirst().reads { try operation.wait() }
    }
    if ahead.isEmpty {
      while let first = coming.first, !first.contains(range) { coming.removeFirst() }
      guard let next = coming.popFirst() else { return }
      ahead.append(try read(next))
    }
    let next = ahead.removeFirst()
    for operation in next.reads { try operation.wait() }
    current = next
    try readAhead()
  }

  private func readAhead() throws {
    while ahead.count < tier.readAheadCount, let next = coming.popFirst() { ahead.append(try read(next)) }
  }

  private func read(_ range: Range<Int>) throws -> SubGroup {
    let tensors = try files.map { try tier.buffer(range, dtype: $0.dtype) }
    let reads = zip(files, tensors).map { file, tensor in
      tier.reading.startRead(into: tensor, from: file.file, offset: range.lowerBound * file.dtype.byteCount)
    }
    return SubGroup(range: range, tensors: tensors, reads: reads)
  }

  /// Lets the current sub-group go, to its files if it has new values.
  private func finishCurrent() throws {
    guard let finished = current else { return }
    current = nil
    guard finished.isChanged else { return }
    behind.append(
      zip(files, finished.tensors).map { file, tensor in
        tier.writing.startWrite(tensor, to: file.target, offset: finished.range.lowerBound * file.dtype.byteCount)
      })
    while behind.count > tier.writeBehindCount { try waitForOldestWrite() }
  }

  private func waitForOldestWrite() throws {
    for operation in behind.removeFirst() { try operation.wait() }
  }

  func commit() {
    defer { forgetCounts() }
    guard updatedCount > 0 else { return }
    // What was left out has no values in the other files.
    precondition(
      files.allSatisfy { $0.next == nil } || updatedCount == announcedCount,
      "\(updatedCount) of \(announcedCount) announced elements were updated")
    for index in files.indices {
      guard let next = files[index].next else { continue }
      files[index].next = files[index].file
      files[index].file = next
    }
  }

  func revoke() {
    precondition(files.allSatisfy { $0.next != nil }, "these updates were not to be revoked")
    forgetCounts()
  }

  private func forgetCounts() {
    announcedCount = 0
    updatedCount = 0
  }

  func values(of tensor: StateTensor, _ range: Range<Int>) throws -> Tensor {
    let file = file(of: tensor)
    let values = try Tensor.empty([range.count], dtype: file.dtype)
    try tier.reading.read(into: values, from: file.file, offset: range.lowerBound * file.dtype.byteCount)
    return values
  }

  func setValues(of tensor: StateTensor, at offset: Int, _ values: Tensor) throws {
    let file = file(of: tensor)
    for part in SubGroups.parts(of: offset..<offset + values.elementCount, limit: tier.subGroupSize) {
      let buffer = try tier.buffer(part, dtype: file.dtype)
      try buffer.copyInPlace(values.narrow(dim: 0, start: part.lowerBound - offset, length: part.count))
      try tier.writing.write(buffer, to: file.file, offset: part.lowerBound * file.dtype.byteCount)
    }
  }

  private func file(of tensor: StateTensor) -> File {
    switch tensor {
    case .state(let index): return files[index + (hasMasters ? 1 : 0)]
    case .master:
      precondition(hasMasters, "these states have no masters: see hasMasters")
      return files[0]
    }
  }
}

extension Range<Int> {
  /// Whether all elements of `other` are among these.
  fileprivate func contains(_ other: Range<Int>) -> Bool {
    lowerBound <= other.lowerBound && other.upperBound <= upperBound
  }
}
