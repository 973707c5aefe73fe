/// The first bytes of a GGUF file, each part of which may be wrong.
enum GGUFImage {
  static func header(
    magic: String = "GGUF", version: UInt32 = 3, tensors: UInt64 = 0, keys: UInt64 = 0, _ rest: [UInt8] = []
  ) -> [UInt8] {
    Array(magic.utf8) + Bytes.of(version) + Bytes.of(tensors) + Bytes.of(keys) + rest
  }

  static func text(_ text: String) -> [UInt8] { Bytes.of(UInt64(text.utf8.count)) + Array(text.utf8) }

  static func key(_ name: String, type: UInt32, _ value: [UInt8]) -> [UInt8] {
    text(name) + Bytes.of(type) + value
  }

  /// A file that says only which architecture it has.
  static func architecture(_ name: String) -> [UInt8] {
    header(keys: 1, key("general.architecture", type: 8, text(name)))
  }
}
