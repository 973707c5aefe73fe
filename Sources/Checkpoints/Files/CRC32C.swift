import CKernels

/// A running CRC-32C over the bytes of a file, as the storage protocols use it (RFC 3720, appendix B.4).
///
/// One core checks more than 10 GB/s with the processor's instruction, so that files are always checked.
public struct CRC32C: Sendable, Equatable {
  /// The checksum of all bytes so far.
  public private(set) var value: UInt32 = 0

  /// Starts over no bytes.
  public init() {}

  /// Continues over more bytes.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    value = ck_crc32c(value, bytes.baseAddress, bytes.count)
  }

  /// The checksum of bytes in memory.
  public static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    ck_crc32c(0, bytes.baseAddress, bytes.count)
  }

  /// The checksum of bytes in memory.
  public static func of(_ bytes: [UInt8]) -> UInt32 {
    bytes.withUnsafeBytes { of($0) }
  }
}
