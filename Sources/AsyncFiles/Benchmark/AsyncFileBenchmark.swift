internal import Torch

/// Times reads and writes of one file: `deepspeed bench io`.
///
/// The file's space is set aside once, and all its bytes are written before anything is timed, so that every timed
/// write goes over bytes that exist, as the swap files of a training run are written.
public final class AsyncFileBenchmark {
  /// Which way the bytes go.
  public enum Direction: String, Sendable, CaseIterable {
    /// From the file.
    case read
    /// Into the file.
    case write
  }

  /// What is read and written.
  public let file: AsyncFile
  /// Bytes of one transfer.
  public let byteCount: Int
  private let memory: Tensor
  private let pattern: UInt8 = 151

  /// Makes and fills the file, a scratch file that ends with this object.
  ///
  /// - Parameters:
  ///   - path: where no file is yet.
  ///   - byteCount: of one transfer, at least 1.
  ///   - bypassesPageCache: false times the page cache with the disk.
  /// - Throws: ``AsyncFileError``, `TorchError`.
  public init(path: String, byteCount: Int, bypassesPageCache: Bool = true) throws {
    self.byteCount = byteCount
    file = try AsyncFile(path: path, mode: .scratch, bypassesPageCache: bypassesPageCache)
    try file.reserve(byteCount: byteCount)
    memory = try BufferPool(count: 1, byteCount: byteCount).tensor([byteCount], dtype: .uint8)
    memory.withUnsafeMutableBytes { bytes in
      for index in bytes.indices { bytes[index] = AsyncFileBenchmark.byte(index, seed: pattern) }
    }
    try AsyncFileHandle().write(memory, to: file)
  }

  /// Moves all bytes once.
  ///
  /// - Returns: seconds.
  /// - Throws: ``AsyncFileError``.
  public func time(_ direction: Direction, with handle: AsyncFileHandle) throws(AsyncFileError) -> Double {
    let start = ContinuousClock.now
    switch direction {
    case .read: try handle.read(into: memory, from: file)
    case .write: try handle.write(memory, to: file)
    }
    return start.duration(to: .now) / .seconds(1)
  }

  /// Reads the file anew and compares every byte with what was written.
  ///
  /// - Returns: the first byte that differs; nil when none does.
  /// - Throws: ``AsyncFileError``.
  public func firstDifference(readBy handle: AsyncFileHandle) throws(AsyncFileError) -> Int? {
    memory.withUnsafeMutableBytes { bytes in for index in bytes.indices { bytes[index] = 0 } }
    try handle.read(into: memory, from: file)
    return memory.withUnsafeMutableBytes { bytes in
      bytes.indices.first { bytes[$0] != AsyncFileBenchmark.byte($0, seed: pattern) }
    }
  }

  /// A byte that differs from its neighbours, and from the byte at its place in other blocks.
  private static func byte(_ index: Int, seed: UInt8) -> UInt8 {
    let mixed = UInt(bitPattern: index) &* 0x9E37_79B9_7F4A_7C15
    return UInt8(truncatingIfNeeded: mixed >> 40) ^ seed
  }
}
