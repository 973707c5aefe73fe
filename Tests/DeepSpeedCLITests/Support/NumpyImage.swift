/// The bytes of a .npy file, each part of which may be wrong.
struct NumpyImage {
  /// The same 544 pseudo-random ids below 128 every time.
  static let tokens: [Int32] = {
    var state: UInt64 = 1
    return (0..<544).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int32(state >> 57)
    }
  }()

  var magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  var version: UInt8 = 1
  var type = "<i4"
  var isFortran = false
  var shape: String
  var tokens: [Int32]

  /// Rows of 17 tokens where the count allows, else a stream.
  init(tokens: [Int32], shape: String? = nil) {
    self.tokens = tokens
    self.shape = shape ?? (tokens.count % 17 == 0 ? "(\(tokens.count / 17), 17)" : "(\(tokens.count),)")
  }

  /// This one with something changed.
  func with(_ change: (inout NumpyImage) -> Void) -> [UInt8] {
    var copy = self
    change(&copy)
    return copy.bytes
  }

  var bytes: [UInt8] {
    var header = "{'descr': '\(type)', 'fortran_order': \(isFortran ? "True" : "False"), 'shape': \(shape), }"
    header += String(repeating: " ", count: 63 - (10 + header.utf8.count) % 64) + "\n"
    let length = UInt16(header.utf8.count)
    return magic + [version, 0] + Bytes.of(length) + Array(header.utf8) + tokens.flatMap { Bytes.of($0) }
  }
}

/// Little-endian numbers.
enum Bytes {
  static func of(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}
