/// The header of a `.npy` file: element type, order and shape.
///
/// Source: the format page `numpy.lib.format` of NumPy, versions 1.0 to 3.0.
struct NumpyHeader: Equatable {
  /// The element types that token arrays may have.
  enum Element: String, CaseIterable {
    case uint8 = "|u1"
    case uint16 = "<u2"
    case int32 = "<i4"
    case uint32 = "<u4"
    case int64 = "<i8"

    var byteCount: Int {
      switch self {
      case .uint8: 1
      case .uint16: 2
      case .int32, .uint32: 4
      case .int64: 8
      }
    }
  }

  let element: Element
  /// One or two sizes.
  let shape: [Int]
  /// Where the values begin.
  let dataOffset: Int

  private static let headerLimit = 1 << 20

  init(element: Element, shape: [Int], dataOffset: Int) {
    self.element = element
    self.shape = shape
    self.dataOffset = dataOffset
  }

  /// Parses a header and checks it against the file's size.
  ///
  /// - Throws: `DatasetError`.
  init(parsing bytes: UnsafeRawBufferPointer, file: String) throws {
    func fault(_ kind: DatasetError.Kind, _ found: String, _ expected: String) -> DatasetError {
      DatasetError(kind, file: file, found: found, expected: expected)
    }
    guard bytes.count >= 10, bytes.starts(with: [0x93] + Array("NUMPY".utf8)) else {
      throw fault(.malformed, "no NumPy file", "a .npy file, as numpy.save writes it")
    }
    let version = bytes[6]
    guard (1...3).contains(version), version == 1 || bytes.count >= 12 else {
      throw fault(.unsupported, "version \(version) of the .npy format", "version 1, 2 or 3")
    }
    let length =
      version == 1
      ? Int(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt16.self)))
      : Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self)))
    let start = version == 1 ? 10 : 12
    guard length <= Self.headerLimit, length <= bytes.count - start else {
      throw fault(.malformed, "a header of \(length) bytes in a file of \(bytes.count)", "a complete file")
    }
    let text = String(decoding: bytes[start..<start + length], as: UTF8.self)
    let fields = NumpyFields(text)
    element = try Self.element(fields["descr"], fault)
    shape = try Self.shape(fields["shape"], fault)
    dataOffset = start + length
    guard let order = fields["fortran_order"], order == "False" || order == "True" else {
      throw fault(.malformed, "fortran_order \(fields["fortran_order"] ?? "missing")", "True or False")
    }
    guard order == "False" || shape.count == 1 else {
      throw fault(
        .unsupported, "columns stored one after another (fortran_order)", "rows: numpy.ascontiguousarray")
    }
    try checkSize(fileBytes: bytes.count, fault)
  }

  private typealias Fault = (DatasetError.Kind, String, String) -> DatasetError

  private static func element(_ text: String?, _ fault: Fault) throws -> Element {
    let allowed = "uint8, uint16, int32, uint32 or int64 in little-endian order"
    guard let text, text.count >= 2, let quote = text.first, quote == "'" || quote == "\"", text.last == quote
    else {
      throw fault(.unsupported, "elements of type \(text ?? "unknown")", allowed)
    }
    guard let element = Element(rawValue: String(text.dropFirst().dropLast())) else {
      throw fault(.unsupported, "elements of type \(text)", allowed)
    }
    return element
  }

  private static func shape(_ text: String?, _ fault: Fault) throws -> [Int] {
    guard let text, text.hasPrefix("("), text.hasSuffix(")") else {
      throw fault(.malformed, "shape \(text ?? "missing")", "a tuple of sizes")
    }
    let sizes = text.dropFirst().dropLast().split(separator: ",").map { Int($0.filter { $0 != " " }) }
    var product = 1
    for size in sizes {
      guard let size, size >= 0 else { throw fault(.malformed, "shape \(text)", "whole numbers from 0 on") }
      let (next, overflow) = product.multipliedReportingOverflow(by: size)
      guard !overflow, next <= Int.max / 8 else {
        throw fault(.malformed, "shape \(text)", "a countable array")
      }
      product = next
    }
    guard sizes.count == 1 || sizes.count == 2 else {
      throw fault(
        .unsupported, "\(sizes.count) dimensions", "1 (a stream of tokens) or 2 (one sample a row)")
    }
    return sizes.compactMap { $0 }
  }

  private func checkSize(fileBytes: Int, _ fault: Fault) throws {
    let needed = shape.reduce(element.byteCount, *)
    guard fileBytes - dataOffset == needed else {
      throw fault(
        .malformed, "\(fileBytes - dataOffset) bytes of values",
        "\(needed) bytes for shape \(shape); the file was cut short or damaged")
    }
  }

  /// The header as bytes, padded so that the values begin at a multiple of 64.
  static func bytes(element: Element, shape: [Int]) -> [UInt8] {
    let sizes = shape.map { "\($0)," }.joined(separator: " ")
    var text = "{'descr': '\(element.rawValue)', 'fortran_order': False, 'shape': (\(sizes)), }"
    let padding = 63 - (10 + text.utf8.count) % 64
    text += String(repeating: " ", count: padding) + "\n"
    return [0x93] + Array("NUMPY".utf8) + [1, 0]
      + withUnsafeBytes(of: UInt16(text.utf8.count).littleEndian, Array.init)
      + Array(text.utf8)
  }
}

/// The fields of the header's Python dictionary, whose values are texts, words and tuples of numbers.
private struct NumpyFields {
  private var values: [String: String] = [:]

  subscript(key: String) -> String? { values[key] }

  init(_ text: String) {
    var depth = 0
    var quote: Character?
    var part = ""
    var key: String?
    func trimmed(_ text: String) -> String {
      String(text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
    let body = trimmed(text).dropFirst()
    for character in body {
      if let open = quote {
        if character == open { quote = nil }
      } else if character == "'" || character == "\"" {
        quote = character
      } else if character == "(" || character == "[" {
        depth += 1
      } else if character == ")" || character == "]" {
        depth -= 1
      } else if depth == 0, character == ":", key == nil {
        key = trimmed(part).filter { $0 != "'" && $0 != "\"" }
        part = ""
        continue
      } else if depth == 0, character == "," || character == "}" {
        if let key { values[key] = trimmed(part) }
        key = nil
        part = ""
        continue
      }
      part.append(character)
    }
  }
}
