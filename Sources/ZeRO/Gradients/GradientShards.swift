import AsyncFiles
import Optimizers
import Torch

/// This rank's slices of reduced gradients between the backward passes and the step, a slice a bucket.
protocol GradientShards: AnyObject {
  /// Bytes of memory that the slices take.
  var byteCount: Int { get }
  /// The slices that lie in memory.
  var resident: [Tensor] { get }
  /// Adds a reduced slice to what is there, in `dtype`; the caller gives it up.
  func add(_ reduced: Tensor, to bucket: Int, dtype: DType) throws
  /// What is there plus a reduced slice, in `dtype`, which leaves: the slice is then forgotten.
  func take(adding reduced: Tensor, to bucket: Int, dtype: DType) throws -> Tensor
  /// Keeps a final slice, which nobody changes any more.
  func put(_ slice: Tensor, in bucket: Int) throws
  /// A slice, not to be written to; nil when none was added.
  func values(of bucket: Int) throws -> Tensor?
  /// Lets `body` change a slice in place.
  func change(_ bucket: Int, _ body: (Tensor) throws -> Void) throws
  /// The sum of squares of a slice; nil when none was added.
  func squares(of bucket: Int) throws -> GradientSquares?
  /// Forgets all slices.
  func clear()
}

/// Slices in memory, each where its update will run: gradients leave for the host during backward.
final class MemoryGradientShards: GradientShards {
  private var shards: [Tensor?]
  private let devices: [Device]

  init(devices: [Device]) {
    self.devices = devices
    shards = Array(repeating: nil, count: devices.count)
  }

  var resident: [Tensor] { shards.compactMap { $0 } }
  var byteCount: Int { shards.reduce(0) { $0 + ($1?.byteCount ?? 0) } }

  func add(_ reduced: Tensor, to bucket: Int, dtype: DType) throws {
    if let kept = shards[bucket] {
      try kept.addInPlace(reduced.to(devices[bucket]))
    } else {
      shards[bucket] = try reduced.to(dtype).to(devices[bucket])
    }
  }

  func take(adding reduced: Tensor, to bucket: Int, dtype: DType) throws -> Tensor {
    guard let kept = shards[bucket] else { return try reduced.to(dtype).to(devices[bucket]) }
    shards[bucket] = nil
    return try kept.addInPlace(reduced.to(devices[bucket]))
  }

  func put(_ slice: Tensor, in bucket: Int) { shards[bucket] = slice }

  func values(of bucket: Int) throws -> Tensor? { shards[bucket] }

  func change(_ bucket: Int, _ body: (Tensor) throws -> Void) throws { try shards[bucket].map(body) }

  func squares(of bucket: Int) throws -> GradientSquares? { try shards[bucket].map(GradientSquares.init) }

  func clear() {
    for index in shards.indices { shards[index] = nil }
  }
}

/// Slices in a file, written while backward goes on and read ahead of the step; their norms are taken when they pass
/// by (arXiv 2104.07857, section 5.2.2).
final class FileGradientShards: GradientShards {
  private struct Slice {
    let dtype: DType
    let squares: GradientSquares
  }

  private let file: AsyncFile
  private let writer: FileWriter
  private let reader: AsyncFileHandle
  private let elementCounts: [Int]
  /// Where each slice begins, with room for f32.
  private let offsets: [Int]
  private var slices: [Slice?]
  private var ahead: (bucket: Int, values: Tensor, operation: AsyncFileOperation)?

  init(elementCounts: [Int], rank: Int, settings: FileSettings) throws {
    self.elementCounts = elementCounts
    var end = 0
    offsets = elementCounts.map { count in
      // Whole pages, so that every slice bypasses the page cache.
      defer { end += (count * 4 + 4095) / 4096 * 4096 }
      return end
    }
    slices = Array(repeating: nil, count: elementCounts.count)
    writer = try FileWriter(settings: settings)
    reader = try AsyncFileHandle(settings.files)
    file = try ScratchFile.open("zero_stage_3/optimizer/rank\(rank)/gradients.swp", in: settings.folder)
  }

  let resident: [Tensor] = []
  var byteCount: Int { ahead?.values.byteCount ?? 0 }

  func add(_ reduced: Tensor, to bucket: Int, dtype: DType) throws {
    var values = try reduced.to(dtype)
    if let earlier = try self.values(of: bucket) { values = try earlier.addInPlace(values) }
    try store(values, bucket)
  }

  func change(_ bucket: Int, _ body: (Tensor) throws -> Void) throws {
    guard let values = try values(of: bucket) else { return }
    try body(values)
    try store(values, bucket)
  }

  func put(_ slice: Tensor, in bucket: Int) throws { try store(slice, bucket) }

  private func store(_ values: Tensor, _ bucket: Int) throws {
    ahead = nil
    slices[bucket] = Slice(dtype: values.dtype, squares: try GradientSquares(of: values))
    try writer.write(values, to: file, offset: offsets[bucket])
  }

  func take(adding reduced: Tensor, to bucket: Int, dtype: DType) throws -> Tensor {
    guard let earlier = try values(of: bucket) else { return try reduced.to(dtype) }
    slices[bucket] = nil
    return try earlier.addInPlace(reduced.to(dtype))
  }

  func values(of bucket: Int) throws -> Tensor? {
    guard let slice = slices[bucket] else { return nil }
    try writer.finish()
    if ahead?.bucket != bucket { ahead = try startReading(bucket, slice) }
    let current = ahead
    if bucket + 1 < slices.count, let next = slices[bucket + 1] {
      ahead = try startReading(bucket + 1, next)
    } else {
      ahead = nil
    }
    try current?.operation.wait()
    if reader.outstandingCount > 64 { try reader.wait() }
    return current?.values
  }

  private func startReading(_ bucket: Int, _ slice: Slice) throws -> (Int, Tensor, AsyncFileOperation) {
    let values = try Tensor.empty([elementCounts[bucket]], dtype: slice.dtype)
    return (bucket, values, reader.startRead(into: values, from: file, offset: offsets[bucket]))
  }

  func squares(of bucket: Int) throws -> GradientSquares? { slices[bucket]?.squares }

  func clear() {
    if ahead != nil { _ = try? reader.wait() }
    ahead = nil
    for index in slices.indices { slices[index] = nil }
  }
}

/// The gradients of a step, taken out of the reducer; they belong to whoever took them, on any one thread.
struct ReducedSlices {
  let shards: any GradientShards
  private let firstBucket: [Int]

  init(shards: any GradientShards, firstBucket: [Int]) {
    self.shards = shards
    self.firstBucket = firstBucket
  }

  var byteCount: Int { shards.byteCount }

  /// The reduced slice of a bucket of a group; nil where no gradient came.
  func values(group: Int, bucket: Int) throws -> Tensor? { try shards.values(of: firstBucket[group] + bucket) }
}
