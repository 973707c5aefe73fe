import Glibc
import Testing

@testable import RunSettings

@Suite struct ConfigurationSourceTests {
  private let text = "{\"train_batch_size\": 8} // 8"

  @Test("A file, JSON text and base64 of it give the same configuration")
  func forms() throws {
    let path = "/tmp/run-settings-test-\(getpid()).json"
    let file = try #require(fopen(path, "w"))
    fputs(text, file)
    fclose(file)
    defer { unlink(path) }
    let encoded = "eyJ0cmFpbl9iYXRjaF9zaXplIjogOH0gLy8gOA=="
    for argument in [path, text, "  \n" + text, "// first\n" + text, encoded, String(encoded.dropLast(2))] {
      let config = try RunConfig(argument: argument)
      #expect(config.trainBatchSize == 8, "\(argument)")
    }
    #expect(try RunConfig(argument: path).file == path)
  }

  @Test(
    "What is none of the three says so",
    arguments: ["no/such/ds.json", "ds_confg.json", "", "bm8gYnJhY2Vz", "{}x\u{0}"])
  func nothing(argument: String) {
    #expect(throws: ConfigurationError.self) { try RunConfig(argument: argument) }
  }

  @Test("A missing file is named with what would be allowed")
  func missingFile() throws {
    let error = try #require(throws: ConfigurationError.self) { try RunConfig(argument: "no/such/ds.json") }
    #expect(error.description.contains("no/such/ds.json: found no such file"))
    #expect(error.description.contains("base64"))
  }

  @Test("A folder and an unreadable path are errors of reading")
  func folder() throws {
    let error = try #require(throws: ConfigurationError.self) { try RunConfig(argument: "/tmp") }
    #expect(error.problems.first?.kind == .unreadable)
    let absent = try #require(throws: ConfigurationError.self) {
      try RunConfig(.file(path: "/nonexistent/a.json"))
    }
    #expect(absent.description.contains("No such file"))
    let endless = try #require(throws: ConfigurationError.self) { try RunConfig(.file(path: "/dev/zero")) }
    #expect(endless.description.contains("at most"))
  }

  @Test("Base64 of either alphabet decodes, other text does not")
  func base64() {
    #expect(Base64.decoded("_-8") == [0xFF, 0xEF])
    #expect(Base64.decoded("/+8=") == [0xFF, 0xEF])
    #expect(Base64.decoded("YWJj\n") == Array("abc".utf8))
    for wrong in ["", "A", "AB=C", "A===", "a.b.", "YWJ\u{E9}"] {
      #expect(Base64.decoded(wrong) == nil, "\(wrong)")
    }
  }

  @Test("A list or a number is not a configuration")
  func notAnObject() throws {
    for text in ["[]", "3", "\"x\"", "null"] {
      let error = try #require(throws: ConfigurationError.self) { try RunConfig(.text(text)) }
      #expect(error.description.contains("expected an object"), "\(error)")
    }
  }
}
