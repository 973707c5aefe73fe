import CKernels

/// The Castagnoli cyclic redundancy check (RFC 3720, appendix B.4), which guards records of event files.
enum CRC32C {
  /// The checksum of some bytes.
  static func checksum(_ bytes: [UInt8]) -> UInt32 {
    bytes.withUnsafeBytes { ck_crc32c(0, $0.baseAddress, $0.count) }
  }

  /// The checksum as record files keep it: rotated and shifted, so that a checksum of data that itself
  /// contains checksums stays a good one.
  static func masked(_ bytes: [UInt8]) -> UInt32 {
    let value = checksum(bytes)
    return (value >> 15 | value << 17) &+ 0xA282_EAD8
  }
}
