import Testing

@testable import Checkpoints

struct JSONReaderTests {
  private func read(_ text: String) throws -> JSONValue {
    try JSONReader.read(Array(text.utf8), file: "x.json")
  }

  @Test func `Values of every kind are read and written back`() throws {
    let text =
      #"{"a":[1,-2,3.5,1e3,true,false,null],"b":{"c":"d\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"},"":"","e":[]}"#
    let value = try read(" \n\t" + text + "\r\n")
    #expect(value["a"]?.array?.count == 7)
    #expect(value["a"]?.array?[1].integer == -2)
    #expect(value["b"]?["c"]?.string == "d\"\\/\u{8}\u{C}\n\r\t\u{E9}\u{1F600}")
    #expect(value[""]?.string == "")
    let again = try read(value.text(indented: true))
    #expect(again.text() == value.text())
  }

  @Test func `Integers beyond 64 bits become floating point and are no integers`() throws {
    #expect(try read("9223372036854775807").integer == Int.max)
    #expect(try read("9223372036854775808").integer == nil)
    #expect(try read("1.0").integer == nil)
  }

  @Test(arguments: [
    "", " ", "{", "[1,", "[1 2]", "{\"a\" 1}", "{\"a\":}", "{a:1}", "tru", "nul", "-", "1e", "\"a", "\"\\x\"",
    "\"\\u12\"",
    "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\u{1}\"", "1 2", "[1],", "{\"a\":1,}", "[,]", "NaN", "'a'", "--1",
  ])
  func `Broken text is refused with its position`(text: String) throws {
    let error = try formatError { _ = try read(text) }
    #expect(error.kind == .malformed)
    #expect(error.found.contains("line 1, column "))
  }

  @Test func `The position counts lines and columns from 1`() throws {
    let error = try formatError { _ = try read("{\n  \"a\": 1,\n  \"b\": x\n}") }
    #expect(error.found == "'x' at line 3, column 8 of the JSON text")
    let end = try formatError { _ = try read("{\n  \"a\": 1,\n") }
    #expect(end.found == "the end of the JSON text at line 3, column 1")
  }

  @Test func `A key twice, deep nesting and bytes that are no text are refused`() throws {
    let twice = try formatError { _ = try read(#"{"a":1,"b":{"c":1,"c":2}}"#) }
    #expect(twice.kind == .duplicate)
    #expect(twice.item == "key 'c'")
    #expect(try formatError { _ = try read(String(repeating: "[", count: 100_000)) }.kind == .limit)
    #expect(try formatError { _ = try JSONReader.read([0x22, 0xFF, 0x22], file: "x") }.kind == .malformed)
  }
}
