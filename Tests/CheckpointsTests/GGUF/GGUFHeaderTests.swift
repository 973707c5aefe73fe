import Testing
import Torch

@testable import Checkpoints

/// A GGUF file made by hand.
struct GGUFBytes {
  var version: UInt32 = 3
  var tensorCount: UInt64?
  var valueCount: UInt64?
  private var values: [[UInt8]] = []
  private var infos: [[UInt8]] = []
  var data: [UInt8] = []

  static func number<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian, Array.init)
  }

  static func text(_ text: String) -> [UInt8] { number(UInt64(text.utf8.count)) + Array(text.utf8) }

  mutating func value(_ key: String, type: UInt32, _ bytes: [UInt8]) {
    values.append(Self.text(key) + Self.number(type) + bytes)
  }

  mutating func tensor(_ name: String, _ dimensions: [UInt64], format: UInt32 = 0, offset: UInt64 = 0) {
    infos.append(
      Self.text(name) + Self.number(UInt32(dimensions.count)) + dimensions.flatMap { Self.number($0) }
        + Self.number(format) + Self.number(offset))
  }

  var bytes: [UInt8] {
    var bytes = Array("GGUF".utf8) + Self.number(version) + Self.number(tensorCount ?? UInt64(infos.count))
    bytes += Self.number(valueCount ?? UInt64(values.count)) + (values + infos).joined()
    bytes += [UInt8](repeating: 0, count: (32 - bytes.count % 32) % 32)
    return bytes + data
  }
}

struct GGUFHeaderTests {
  private func parse(_ bytes: [UInt8]) throws -> GGUFHeader {
    try bytes.withUnsafeBytes { try GGUFHeader(parsing: $0, file: "m.gguf") }
  }

  private func fault(_ change: (inout GGUFBytes) -> Void) throws -> FileFormatError {
    var file = GGUFBytes()
    file.data = [UInt8](repeating: 0, count: 256)
    change(&file)
    return try formatError { _ = try parse(file.bytes) }
  }

  @Test(arguments: [UInt32(2), 3])
  func `A sound file is read, dimensions outermost first`(version: UInt32) throws {
    var file = GGUFBytes()
    file.version = version
    file.tensor("w", [4, 2])
    file.tensor("q", [32, 1], format: 8, offset: 32)
    file.data = [UInt8](repeating: 0, count: 66)
    let header = try parse(file.bytes)
    #expect(header.version == Int(version))
    #expect(header.tensors.map(\.shape) == [[2, 4], [1, 32]])
    #expect(header.tensors[1].byteOffset == header.tensors[0].byteOffset + 32)
    #expect(header.tensors[1].formatName == "Q8_0")
  }

  @Test func `Another file, version or byte order is refused`() throws {
    #expect(try formatError { _ = try parse(Array("PK\u{3}\u{4}".utf8)) }.kind == .foreign)
    #expect(try formatError { _ = try parse([1]) }.kind == .foreign)
    #expect(try fault { $0.version = 1 }.found == "version 1")
    #expect(try fault { $0.version = UInt32(3).byteSwapped }.found == "a big-endian file")
  }

  @Test func `Counts beyond the file are refused before anything is allocated`() throws {
    #expect(try fault { $0.tensorCount = .max }.kind == .limit)
    #expect(try fault { $0.valueCount = 1 << 40 }.kind == .limit)
    let array = try fault {
      $0.value("a", type: 9, GGUFBytes.number(UInt32(4)) + GGUFBytes.number(UInt64.max / 4))
    }
    #expect(array.kind == .limit)
    #expect(array.item == "key 'a'")
    let text = try fault { $0.value("t", type: 8, GGUFBytes.number(UInt64.max)) }
    #expect(text.kind == .truncated)
    #expect(text.item == "key 't'")
    #expect(try fault { $0.tensor("w", [1, 1, 1, 1, 1]) }.kind == .limit)
    #expect(try fault { $0.tensor("w", [1 << 40, 1 << 40]) }.kind == .limit)
    #expect(try fault { $0.tensor("w", [.max]) }.kind == .limit)
    #expect(try fault { $0.tensor("w", [0, .max]) }.kind == .limit)
  }

  @Test func `Values of unknown types, keys twice and deep arrays are refused`() throws {
    #expect(try fault { $0.value("k", type: 13, []) }.found == "value type 13")
    let twice = try fault {
      for _ in 0..<2 { $0.value("k", type: 7, [1]) }
    }
    #expect(twice.kind == .duplicate)
    let nested = (0..<40).flatMap { _ in GGUFBytes.number(UInt32(9)) + GGUFBytes.number(UInt64(1)) }
    #expect(try fault { $0.value("k", type: 9, nested) }.kind == .limit)
    let invalid = try fault { $0.value("k", type: 8, GGUFBytes.number(UInt64(2)) + [0xC3, 0x28]) }
    #expect(invalid.kind == .malformed)
    #expect(invalid.found.contains("not UTF-8"))
    for alignment in [UInt32(0), 7, 1 << 30] {
      let error = try fault { $0.value("general.alignment", type: 4, GGUFBytes.number(alignment)) }
      #expect(error.item == "key 'general.alignment'")
    }
  }

  @Test func `Tensors outside of the file, overlapping, misaligned or twice are refused by name`() throws {
    let outside = try fault { $0.tensor("w", [65]) }
    #expect(outside.kind == .truncated)
    #expect(outside.item == "tensor 'w'")
    #expect(try fault { $0.tensor("w", [1], offset: 1 << 62) }.kind == .truncated)
    #expect(try fault { $0.tensor("w", [1], offset: .max) }.kind == .malformed)
    #expect(try fault { $0.tensor("w", [1], offset: 4) }.found == "offset 4")
    let overlap = try fault {
      $0.tensor("a", [16])
      $0.tensor("b", [16], offset: 32)
    }
    #expect(overlap.item == "tensor 'b'")
    #expect(overlap.found == "values that begin 32 bytes before the end of 'a'")
    let twice = try fault {
      $0.tensor("a", [1])
      $0.tensor("a", [1], offset: 32)
    }
    #expect(twice.kind == .duplicate)
    #expect(try fault { $0.tensor("q", [33], format: 8) }.found == "rows of 33 elements")
  }

  @Test func `A format that is not read spoils only its own tensor`() throws {
    var file = GGUFBytes()
    file.tensor("k", [256], format: 12)
    file.tensor("w", [2], offset: 160)
    file.data = [UInt8](repeating: 0, count: 256)
    let scratch = try Scratch()
    let opened = try GGUFFile(path: scratch.write(file.bytes, "m.gguf"))
    #expect(try opened.tensor(named: "w")?.array(of: Float.self) == [0, 0])
    let error = try formatError { _ = try opened.tensor(named: "k") }
    #expect(error.kind == .unsupported)
    #expect(error.found == "format Q4_K")
    #expect(error.item == "tensor 'k'")
  }

  @Test func `Cutting a sound file anywhere is noticed`() throws {
    let whole = try FixtureFile.bytes("formats.gguf")
    let header = try parse(whole)
    let last = try #require(header.tensors.map(\.byteOffset).max())
    for count in stride(from: 0, to: last + 20, by: 3) {
      #expect(throws: FileFormatError.self, "\(count) bytes") { _ = try parse(Array(whole[..<count])) }
    }
  }

  @Test func `A tokenizer whose arrays do not fit is refused`() throws {
    func tokenizer(_ change: (inout GGUFBytes) -> Void) throws -> FileFormatError {
      var file = GGUFBytes()
      file.value("tokenizer.ggml.model", type: 8, GGUFBytes.text("gpt2"))
      file.value(
        "tokenizer.ggml.tokens", type: 9,
        GGUFBytes.number(UInt32(8)) + GGUFBytes.number(UInt64(1)) + GGUFBytes.text("a"))
      change(&file)
      let scratch = try Scratch()
      let opened = try GGUFFile(path: scratch.write(file.bytes, "m.gguf"))
      return try formatError { _ = try opened.tokenizerMetadata() }
    }
    let types = try tokenizer {
      $0.value(
        "tokenizer.ggml.token_type", type: 9,
        GGUFBytes.number(UInt32(5)) + GGUFBytes.number(UInt64(2)) + [UInt8](repeating: 0, count: 8))
    }
    #expect(types.item == "key 'tokenizer.ggml.token_type'")
    let id = try tokenizer { $0.value("tokenizer.ggml.eos_token_id", type: 4, GGUFBytes.number(UInt32(1))) }
    #expect(id.found == "the number 1")
    #expect(
      try tokenizer { $0.value("tokenizer.ggml.add_bos_token", type: 4, GGUFBytes.number(UInt32(1))) }.kind
        == .malformed)
    #expect(try tokenizer { $0.value("tokenizer.chat_template", type: 7, [1]) }.kind == .malformed)
    let scratch = try Scratch()
    let bare = try GGUFFile(path: scratch.write(GGUFBytes().bytes, "bare.gguf"))
    #expect(try formatError { _ = try bare.tokenizerMetadata() }.kind == .missing)
  }
}
