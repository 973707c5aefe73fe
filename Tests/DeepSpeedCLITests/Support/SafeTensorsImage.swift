import Foundation

/// A safetensors file whose header can be changed.
struct SafeTensorsImage {
  struct Malformed: Error {}

  var header: [String: [String: Any]]
  var values: [UInt8]

  /// Takes a right file apart.
  init(_ bytes: [UInt8]) throws {
    let length = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    let object = try JSONSerialization.jsonObject(with: Data(bytes[8..<8 + length]))
    guard let header = object as? [String: [String: Any]] else { throw Malformed() }
    self.header = header
    values = Array(bytes[(8 + length)...])
  }

  func bytes() throws -> [UInt8] {
    Self.file(header: Array(try JSONSerialization.data(withJSONObject: header)), values: values)
  }

  static func file(header: [UInt8], length: UInt64? = nil, values: [UInt8] = []) -> [UInt8] {
    Bytes.of(length ?? UInt64(header.count)) + header + values
  }

  /// Takes out the tensor whose values lie last, and its values.
  mutating func removeLast() {
    let last = header.filter { $0.key != "__metadata__" }.max { start($0.value) < start($1.value) }
    guard let last else { return }
    header[last.key] = nil
    values.removeLast(values.count - start(last.value))
  }

  private func start(_ entry: [String: Any]) -> Int { (entry["data_offsets"] as? [Int])?.first ?? 0 }
}
