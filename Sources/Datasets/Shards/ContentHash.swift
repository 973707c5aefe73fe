import Glibc

/// A 128-bit fingerprint of bytes, to tell one data file from another. It is fast, and no defence against
/// forgery.
struct ContentHash {
  private var first: UInt64
  private var second: UInt64

  /// A file is hashed whole up to this size, by evenly spaced samples beyond it.
  static let wholeFileBytes = 64 << 20
  private static let sampleBytes = 1 << 20

  init(seed: UInt64 = 0) {
    first = Self.mixed(seed ^ 0x9E37_79B9_7F4A_7C15)
    second = Self.mixed(seed ^ 0xC2B2_AE3D_27D4_EB4F)
  }

  /// The fingerprint of a data file's content, equal for equal copies of a file.
  static func fingerprint(of file: DataFile) -> ContentHash {
    var hash = ContentHash(seed: UInt64(file.byteCount))
    file.withBytes { bytes in
      guard bytes.count > wholeFileBytes else { return hash.update(bytes) }
      let sampleCount = wholeFileBytes / sampleBytes
      let step = (bytes.count - sampleBytes) / (sampleCount - 1)
      for index in 0..<sampleCount {
        let start = index * step
        hash.update(UnsafeRawBufferPointer(rebasing: bytes[start..<start + sampleBytes]))
      }
    }
    return hash
  }

  /// Adds the time of the last change, for files of which only samples were hashed.
  mutating func addModificationTime(of file: DataFile) {
    var status = stat()
    guard file.byteCount > Self.wholeFileBytes, stat(file.path, &status) == 0 else { return }
    update("\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)")
  }

  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    var position = 0
    while position + 8 <= bytes.count {
      add(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)))
      position += 8
    }
    var rest: UInt64 = 0
    for byte in bytes[position...] { rest = rest << 8 | UInt64(byte) }
    add(rest)
    add(UInt64(bytes.count))
  }

  mutating func update(_ text: String) {
    var text = text
    text.withUTF8 { update(UnsafeRawBufferPointer($0)) }
  }

  private mutating func add(_ word: UInt64) {
    first = (first ^ word) &* 0x9FB2_1C65_1E98_DF25
    first ^= first >> 32
    second = (second &+ word) &* 0xD6E8_FEB8_6659_FD93
    second ^= second >> 29
  }

  /// The fingerprint as 32 hexadecimal digits.
  var text: String {
    [Self.mixed(first), Self.mixed(second ^ first)].map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }

  /// Half of the fingerprint.
  var word: Int { Int(bitPattern: UInt(Self.mixed(first ^ second))) }

  /// The finalizer of SplitMix64 (Steele, Lea, Flood 2014): every input bit reaches every output bit.
  static func mixed(_ value: UInt64) -> UInt64 {
    var value = value
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}
