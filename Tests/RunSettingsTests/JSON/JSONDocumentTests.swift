import Testing

@testable import RunSettings

@Suite struct JSONDocumentTests {
  @Test("Comments, trailing commas and a byte order mark are allowed")
  func liberties() throws {
    let text = """
      \u{FEFF}// before
      {
        "a": [1, 2.5, -3e2,], # behind
        /* between
           lines */ "b": {"c": "x\\n\\u00e9\\ud83d\\ude00",},
      }  // after
      """
    let document = try JSONDocument(parsing: text, file: "t")
    #expect(document.root.text == "{\"a\": [1, 2.5, -3e2], \"b\": {\"c\": \"x\\n\u{E9}\u{1F600}\"}}")
  }

  @Test(
    "A text that is not JSON says where and why",
    arguments: [
      ("", 1, 1, "end of the text"), ("{", 1, 2, "end of the text"), ("{\"a\": }", 1, 7, "'}'"),
      ("{\"a\" 1}", 1, 6, "':' after the key \"a\""), ("{\"a\": 1 \"b\": 2}", 1, 9, "',' or '}'"),
      ("{\n  \"a\": NaN\n}", 2, 8, "'NaN'"), ("{\"a\": Infinity}", 1, 7, "'Infinity'"),
      ("{\"a\": -Infinity}", 1, 7, "'-Infinity'"), ("{\"a\": 1e999}", 1, 7, "'1e999'"),
      ("{\"a\": 1.}", 1, 7, "a finite number"), ("{\"a\": .5}", 1, 7, "a value"),
      ("{\"a\": 01x}", 1, 7, "'01x'"), ("{\"a\": \"x}", 1, 7, "a string without end"),
      ("{\"a\": \"x\ny\"}", 1, 7, "does not end on its line"), ("{'a': 1}", 1, 2, "a key in double quotes"),
      ("{a: 1}", 1, 2, "a key in double quotes"), ("{\"a\": True}", 1, 11, "lower case"),
      ("{\"a\": 'x'}", 1, 7, "double quotes"), ("{\"a\": \"\\q\"}", 1, 9, "escapes"),
      ("{\"a\": \"\\u12\"}", 1, 8, "four hexadecimal digits"),
      ("{\"a\": \"\\ud83d\"}", 1, 8, "surrogate"), ("{} {}", 1, 4, "closing brace"),
      ("{\"a\": /* 1}", 1, 7, "comment without end"), ("[1, 2", 1, 6, "',' or ']'"),
      ("{\"\u{1F600}\u{1F600}\": ?}", 1, 8, "'?'"),
    ] as [(String, Int, Int, String)])
  func syntax(_ text: String, line: Int, column: Int, part: String) throws {
    let error = try #require(throws: ConfigurationError.self) {
      try JSONDocument(parsing: text, file: "t.json")
    }
    #expect(error.problems.count == 1)
    #expect(error.description.hasPrefix("t.json:\(line):\(column): "), "\(error)")
    #expect(error.description.contains(part), "\(error)")
  }

  @Test("Every duplicate key is named with both its lines")
  func duplicates() throws {
    let text = "{\"a\": 1,\n\"b\": {\"c\": 1, \"c\": 2},\n\"a\": 3, \"l\": [{\"d\": 1, \"d\": 1}], \"a\": 4}"
    let found = try JSONDocument(parsing: text, file: "t").duplicateKeys()
    #expect(found.map(\.path.description).sorted() == ["a", "a", "b.c", "l[0].d"])
    #expect(found.map(\.line) == [2, 3, 3, 3])
    #expect(found.allSatisfy { $0.kind == .duplicateKey })
    #expect(found[1].expected.contains("line 1"))
  }

  @Test("Nesting beyond the limit is refused, nesting up to it is read")
  func depth() throws {
    let limit = JSONParser.depthLimit
    let deep = String(repeating: "[", count: limit) + String(repeating: "]", count: limit)
    #expect(throws: Never.self) { try JSONDocument(parsing: deep, file: "t") }
    for count in [limit + 1, 1_000_000] {
      let error = #expect(throws: ConfigurationError.self) {
        try JSONDocument(parsing: String(repeating: "[", count: count), file: "t")
      }
      #expect(error?.description.contains("nested deeper") == true)
    }
  }

  @Test("A text that is too long and bytes that are not UTF-8 are refused")
  func refusedBytes() {
    let long = #expect(throws: ConfigurationError.self) {
      try JSONDocument(parsing: [UInt8](repeating: 32, count: JSONDocument.byteLimit + 1), file: "t")
    }
    #expect(long?.description.contains("at most") == true)
    let broken = #expect(throws: ConfigurationError.self) {
      try JSONDocument(parsing: Array("{\n\"a\": \"".utf8) + [0xC3, 0x28] + Array("\"}".utf8), file: "t")
    }
    #expect(broken?.problems.first?.line == 2)
    #expect(broken?.description.contains("UTF-8") == true)
  }

  @Test("Whole numbers may be written with an exponent or a zero fraction")
  func wholeNumbers() throws {
    let numbers: [(String, Int?)] = [
      ("5e8", 500_000_000), ("2.0", 2), ("-0", 0), ("1e-4", nil), ("1.5", nil), ("9223372036854775807", .max),
      ("9223372036854775808", nil), ("1e30", nil),
    ]
    for (text, whole) in numbers {
      guard case .number(let number) = try JSONDocument(parsing: text, file: "t").root.value else {
        Issue.record("\(text) is not read as a number")
        continue
      }
      #expect(number.integer == whole, "\(text)")
    }
  }

  @Test("Random bytes and damaged configurations end in a value or an error, never in a trap")
  func randomBytes() throws {
    var generator = SplitMix(state: 7)
    let alphabet = Array("{}[]\",:0123456789.eE+-\\/*# \ntrufalsn\u{00E9}".utf8)
    let valid = Array(
      "{\"train_batch_size\": 8, \"zero_optimization\": {\"stage\": 2}, \"x\": [1e3, null]}".utf8)
    for round in 0..<3000 {
      var bytes: [UInt8]
      if round % 3 == 0 {
        bytes = (0..<Int.random(in: 0...60, using: &generator)).map { _ in
          alphabet.randomElement(using: &generator)!
        }
      } else if round % 3 == 1 {
        bytes = (0..<Int.random(in: 0...60, using: &generator)).map { _ in
          .random(in: 0...255, using: &generator)
        }
      } else {
        bytes = valid
        for _ in 0..<3 {
          let index = Int.random(in: 0..<bytes.count, using: &generator)
          bytes[index] = alphabet.randomElement(using: &generator)!
        }
      }
      if let document = try? JSONDocument(parsing: bytes, file: "t") {
        #expect(document.duplicateKeys().count <= ConfigurationError.problemLimit)
        _ = problems(document.root.text)
      }
    }
  }
}

/// A small generator with a seed, so that failures repeat.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
