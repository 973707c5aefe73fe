/// A scalar and the number of bytes that write it.
struct DecodedScalar {
  let scalar: Unicode.Scalar
  let length: Int
}

extension Span<UInt8> {
  /// The scalar that starts at `index`. A byte that starts none counts as U+FFFD of one byte.
  @inline(__always)
  func scalar(at index: Int) -> DecodedScalar {
    let first = self[index]
    if first < 0x80 { return DecodedScalar(scalar: Unicode.Scalar(first), length: 1) }
    return multibyteScalar(at: index, first: first)
  }

  private func multibyteScalar(at index: Int, first: UInt8) -> DecodedScalar {
    let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1
    guard length > 1, index + length <= count else { return DecodedScalar(scalar: "\u{FFFD}", length: 1) }
    var value = UInt32(first) & (0x7F >> UInt32(length))
    for offset in 1..<length { value = value << 6 | UInt32(self[index + offset] & 0x3F) }
    guard let scalar = Unicode.Scalar(value) else { return DecodedScalar(scalar: "\u{FFFD}", length: 1) }
    return DecodedScalar(scalar: scalar, length: length)
  }

  /// The scalar that ends before `index`.
  func scalar(before index: Int) -> DecodedScalar {
    var start = index - 1
    while start > 0, index - start < 4, self[start] & 0xC0 == 0x80 { start -= 1 }
    let decoded = scalar(at: start)
    return decoded.length == index - start ? decoded : DecodedScalar(scalar: "\u{FFFD}", length: 1)
  }

  func isEqual(to other: [UInt8], from start: Int) -> Bool {
    guard start + other.count <= count else { return false }
    for offset in 0..<other.count where self[start + offset] != other[offset] { return false }
    return true
  }

  /// The bytes, copied out of the borrowed memory.
  func copied() -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      for index in 0..<count { buffer.initializeElement(at: index, to: self[index]) }
      initialized = count
    }
  }
}

extension [UInt8] {
  /// Appends the UTF-8 form of a scalar value; of a value that is none, that of U+FFFD.
  mutating func appendScalar(_ value: UInt32) {
    append(Unicode.Scalar(value) ?? "\u{FFFD}")
  }

  mutating func append(_ scalar: Unicode.Scalar) {
    if scalar.value < 0x80 {
      append(UInt8(truncatingIfNeeded: scalar.value))
    } else {
      append(contentsOf: UTF8.encode(scalar).unsafelyUnwrapped)
    }
  }

  mutating func append(_ span: Span<UInt8>) {
    for index in 0..<span.count { append(span[index]) }
  }
}
