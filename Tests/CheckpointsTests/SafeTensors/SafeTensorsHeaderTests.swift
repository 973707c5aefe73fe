import Testing
import Torch

@testable import Checkpoints

struct SafeTensorsHeaderTests {
  private func parse(_ bytes: [UInt8]) throws -> SafeTensorsHeader {
    try bytes.withUnsafeBytes { try SafeTensorsHeader(parsing: $0, file: "m.safetensors") }
  }

  private func parse(_ header: String, valueBytes: Int = 8) throws -> SafeTensorsHeader {
    try parse(SafeTensorsBytes.file(header: header, values: [UInt8](repeating: 0, count: valueBytes)))
  }

  private func tensor(_ dtype: String, _ shape: String, _ offsets: String) -> String {
    #""dtype":"\#(dtype)","shape":\#(shape),"data_offsets":\#(offsets)"#
  }

  @Test func `Entries come in the order of their values, after padding spaces`() throws {
    let header = #"{"b":{\#(tensor("I32", "[1]", "[4,8]"))},"a":{\#(tensor("F16", "[1,2]", "[0,4]"))}}   "#
    let parsed = try parse(header)
    #expect(parsed.entries.map(\.name) == ["a", "b"])
    let start = 8 + header.utf8.count
    #expect(parsed.entries[1].byteRange == start + 4..<start + 8)
    #expect(parsed.entries[0].dtype == .float16)
  }

  @Test(arguments: [
    ([1, 2, 3], FileFormatError.Kind.truncated),
    ([200, 0, 0, 0, 0, 0, 0, 0, 123], .truncated),
    ([255, 255, 255, 255, 255, 255, 255, 255], .limit),
    ([255, 255, 255, 255, 255, 255, 255, 127, 123, 125], .limit),
    ([2, 0, 0, 0, 0, 0, 0, 0, 91, 93], .foreign),
    ([0, 0, 0, 0, 0, 0, 0, 0], .foreign),
    ([2, 0, 0, 0, 0, 0, 0, 0, 123, 123], .malformed),
  ])
  func `A broken beginning is refused`(bytes: [UInt8], kind: FileFormatError.Kind) throws {
    let error = try formatError { _ = try parse(bytes) }
    #expect(error.kind == kind)
    #expect(error.file == "m.safetensors")
  }

  @Test(arguments: [
    ("F32", "[2]", "[0,4]", FileFormatError.Kind.malformed, "4 bytes between its data_offsets"),
    ("F32", "[2]", "[0,16]", .truncated, "data_offsets [0, 16] in a file with 8 bytes of values"),
    ("F32", "[2]", "[8,0]", .malformed, "data_offsets [8, 0]"),
    ("F32", "[2]", "[-8,0]", .malformed, "data_offsets [-8, 0]"),
    ("F32", "[2]", "[0]", .malformed, "data_offsets [0]"),
    ("F32", "[2]", "[0,8.0]", .malformed, "data_offsets [0,8.0]"),
    ("F32", "[2]", "null", .malformed, "data_offsets null"),
    ("F32", "[2]", "[0,18446744073709551616]", .malformed, "data_offsets [0,1.8446744073709552e+19]"),
    ("F32", "[-2]", "[0,8]", .malformed, "the number -2 in the shape"),
    ("F32", "[1.5]", "[0,8]", .malformed, "the number 1.5 in the shape"),
    ("F32", "\"2\"", "[0,8]", .malformed, "shape the text \"2\""),
    ("F32", "[4294967296,4294967296]", "[0,8]", .limit, "the shape [4294967296, 4294967296]"),
    ("F32", "[9223372036854775807,2]", "[0,8]", .limit, "the shape [9223372036854775807, 2]"),
    ("F31", "[2]", "[0,8]", .unsupported, "dtype the text \"F31\""),
    ("U64", "[1]", "[0,8]", .unsupported, "dtype the text \"U64\""),
  ])
  func `A hostile entry is refused by name`(
    dtype: String, shape: String, offsets: String, kind: FileFormatError.Kind, found: String
  ) throws {
    let error = try formatError { _ = try parse(#"{"w":{\#(tensor(dtype, shape, offsets))}}"#) }
    #expect(error.kind == kind)
    #expect(error.item == "tensor 'w'")
    #expect(error.found == found)
    #expect(!error.expected.isEmpty)
  }

  @Test func `Overlaps, gaps and leftovers are refused`() throws {
    let overlap = try formatError {
      _ = try parse(#"{"a":{\#(tensor("U8", "[5]", "[0,5]"))},"b":{\#(tensor("U8", "[4]", "[4,8]"))}}"#)
    }
    #expect(overlap.item == "tensor 'b'")
    #expect(overlap.found == "values that begin 1 bytes before the end of 'a'")
    let gap = try formatError {
      _ = try parse(#"{"a":{\#(tensor("U8", "[3]", "[0,3]"))},"b":{\#(tensor("U8", "[4]", "[4,8]"))}}"#)
    }
    #expect(gap.found == "1 unused bytes before its values")
    let late = try formatError { _ = try parse(#"{"a":{\#(tensor("U8", "[4]", "[4,8]"))}}"#) }
    #expect(late.item == "tensor 'a'")
    let leftover = try formatError { _ = try parse(#"{"a":{\#(tensor("U8", "[3]", "[0,3]"))}}"#) }
    #expect(leftover.found == "5 bytes after the last tensor")
    #expect(try formatError { _ = try parse("{}") }.found == "8 bytes after the last tensor")
    #expect(try parse("{}", valueBytes: 0).entries.isEmpty)
  }

  @Test func `A name twice, missing fields and strange metadata are refused`() throws {
    let one = "\"a\":{\(tensor("U8", "[8]", "[0,8]"))}"
    #expect(try formatError { _ = try parse("{\(one),\(one)}") }.kind == .duplicate)
    #expect(
      try formatError { _ = try parse(#"{"a":{"shape":[8],"data_offsets":[0,8]}}"#) }.found == "no dtype")
    #expect(
      try formatError { _ = try parse(#"{"a":{"dtype":"U8","data_offsets":[0,8]}}"#) }.found
        == "shape missing")
    #expect(
      try formatError { _ = try parse(#"{"a":{"dtype":"U8","shape":[8]}}"#) }.found == "data_offsets missing")
    #expect(try formatError { _ = try parse(#"{"a":[]}"#) }.item == "tensor 'a'")
    #expect(try formatError { _ = try parse(#"{"__metadata__":3}"#, valueBytes: 0) }.item == "__metadata__")
    #expect(
      try formatError { _ = try parse(#"{"__metadata__":{"v":3}}"#, valueBytes: 0) }.item
        == "__metadata__ 'v'")
  }

  @Test func `Cutting a sound file anywhere is noticed`() throws {
    let whole = try FixtureFile.bytes("dtypes.safetensors")
    for count in 0..<whole.count {
      #expect(throws: FileFormatError.self, "\(count) bytes") { _ = try parse(Array(whole[..<count])) }
    }
  }
}
