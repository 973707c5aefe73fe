import Collectives
import Layers
import Torch

/// One bucket's gradients on their way: from the parameters that backward finishes, through the reduction
/// over the ranks, to the part that this rank's optimizer step reads.
final class GradientBucket {
  let bucket: FlatLayout.Bucket
  let label: String
  private let dtype: DType
  private let device: Device
  /// Whole gradients, `[bucket.elementCount]`; absent while nothing has been written.
  private(set) var buffer: Tensor?
  /// Entries written since the buffer was cleared; a second write of a micro step accumulates.
  private var isWritten: [Bool]
  /// Entries whose gradient has arrived in this backward.
  private var hasArrived: [Bool]
  private var missingCount: Int

  init(bucket: FlatLayout.Bucket, label: String, dtype: DType, device: Device) {
    self.bucket = bucket
    self.label = label
    self.dtype = dtype
    self.device = device
    isWritten = Array(repeating: false, count: bucket.entries.count)
    hasArrived = isWritten
    missingCount = bucket.entries.count
  }

  /// True when every parameter's gradient of this backward is in the buffer.
  var isComplete: Bool { missingCount == 0 }

  func beginBackward() {
    for index in hasArrived.indices { hasArrived[index] = false }
    missingCount = bucket.entries.count
  }

  /// Takes the gradient of entry `index` over into the buffer; the caller gives it up.
  func accept(_ gradient: Tensor, entry index: Int) throws {
    let flat = try gradient.reshape([gradient.elementCount])
    if isWritten[index] {
      try slice(ofEntry: index).addInPlace(flat)
    } else if bucket.elementCount == flat.elementCount, flat.dtype == dtype {
      // A large parameter fills its bucket alone: its gradient is the buffer, without a copy; nothing of this
      // pass was in the buffer before.
      buffer = flat
    } else {
      try slice(ofEntry: index).copyInPlace(flat)
    }
    isWritten[index] = true
    if !hasArrived[index] {
      hasArrived[index] = true
      missingCount -= 1
    }
  }

  /// Makes the buffer whole: parameters without a gradient get zeros, and so does the padding.
  func fillAbsent() throws {
    for (index, entry) in bucket.entries.enumerated() where !isWritten[index] {
      if entry.elementCount > 0 { try slice(ofEntry: index).zeroInPlace() }
      isWritten[index] = true
    }
    let padding = bucket.padding
    if !padding.isEmpty {
      try wholeBuffer().narrow(dim: 0, start: padding.lowerBound, length: padding.count).zeroInPlace()
    }
  }

  /// Forgets the gradients; the memory is kept only when `keepingMemory`.
  func clear(keepingMemory: Bool) {
    for index in isWritten.indices { isWritten[index] = false }
    if !keepingMemory { buffer = nil }
  }

  func wholeBuffer() throws -> Tensor {
    if let buffer { return buffer }
    let made = try Tensor.empty([bucket.elementCount], dtype: dtype, device: device)
    buffer = made
    return made
  }

  private func slice(ofEntry index: Int) throws -> Tensor {
    let entry = bucket.entries[index]
    return try wholeBuffer().narrow(dim: 0, start: entry.offset, length: entry.elementCount)
  }
}
