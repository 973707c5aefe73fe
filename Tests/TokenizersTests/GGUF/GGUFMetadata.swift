import Foundation
import Testing

@testable import Tokenizers

/// Just enough of the GGUF format to get at a tokenizer.
struct GGUFMetadata {
  private enum Value {
    case number(Double)
    case text(String)
    case list([Value])

    var int: Int? { if case .number(let number) = self { Int(number) } else { nil } }
    var text: String? { if case .text(let text) = self { text } else { nil } }
    var elements: [Value] { if case .list(let values) = self { values } else { [] } }
  }

  private let bytes: Data
  private var position = 0
  private var values: [String: Value] = [:]

  init(path: String) throws {
    bytes = try Data(contentsOf: URL(filePath: path), options: .alwaysMapped)
    try #require(bytes.prefix(4) == Data("GGUF".utf8))
    position = 16
    for _ in 0..<integer(UInt64.self) {
      let key = string()
      values[key] = try value(type: integer(UInt32.self))
    }
  }

  private mutating func integer<T: FixedWidthInteger>(_ type: T.Type) -> T {
    defer { position += MemoryLayout<T>.size }
    return bytes.withUnsafeBytes { T(littleEndian: $0.loadUnaligned(fromByteOffset: position, as: T.self)) }
  }

  private mutating func string() -> String {
    let count = Int(integer(UInt64.self))
    defer { position += count }
    return String(decoding: bytes[position..<position + count], as: UTF8.self)
  }

  private mutating func value(type: UInt32) throws -> Value {
    switch type {
    case 0, 7: return .number(Double(integer(UInt8.self)))
    case 1: return .number(Double(integer(Int8.self)))
    case 2: return .number(Double(integer(UInt16.self)))
    case 3: return .number(Double(integer(Int16.self)))
    case 4: return .number(Double(integer(UInt32.self)))
    case 5: return .number(Double(integer(Int32.self)))
    case 6: return .number(Double(Float(bitPattern: integer(UInt32.self))))
    case 8: return .text(string())
    case 9:
      let type = integer(UInt32.self)
      let count = integer(UInt64.self)
      return .list(try (0..<count).map { _ in try value(type: type) })
    case 10: return .number(Double(integer(UInt64.self)))
    case 11: return .number(Double(integer(Int64.self)))
    case 12: return .number(Double(bitPattern: integer(UInt64.self)))
    default: throw TokenizerError(.field, at: "GGUF", "there is no value type \(type)")
    }
  }

  func tokenizerDescription() throws -> GGUFTokenizerDescription {
    func entry(_ key: String) -> Value? { values["tokenizer.ggml.\(key)"] }
    func texts(_ key: String) -> [String] { entry(key)?.elements.compactMap(\.text) ?? [] }
    var description = GGUFTokenizerDescription(
      model: try #require(entry("model")?.text), tokens: texts("tokens"), merges: texts("merges"),
      tokenTypes: entry("token_type")?.elements.compactMap(\.int) ?? [])
    description.preTokenizer = entry("pre")?.text
    description.bosID = entry("bos_token_id")?.int
    description.eosID = entry("eos_token_id")?.int
    description.paddingID = entry("padding_token_id")?.int
    description.addsBOS = entry("add_bos_token")?.int.map { $0 != 0 }
    description.addsSpacePrefix = entry("add_space_prefix")?.int.map { $0 != 0 }
    description.chatTemplate = values["tokenizer.chat_template"]?.text
    return description
  }
}
