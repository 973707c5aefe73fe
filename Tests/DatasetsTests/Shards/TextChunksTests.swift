import Testing

@testable import Datasets

struct TextChunksTests {
  private func chunks(_ bytes: [UInt8], size: Int) throws -> [String] {
    try bytes.withUnsafeBytes { bytes in
      var chunks = TextChunks(bytes, file: "t.txt", size: size)
      var all: [String] = []
      while let text = try chunks.next() { all.append(text) }
      return all
    }
  }

  @Test func `Cuts fall only behind single line breaks between visible characters`() throws {
    let text = "one two\nthree\n\nfour\n five\nsix seven eight\nnine"
    #expect(
      try chunks(Array(text.utf8), size: 1) == [
        "one two\n", "three\n\nfour\n five\n", "six seven eight\n", "nine",
      ])
    #expect(
      try chunks(Array(text.utf8), size: 20) == ["one two\nthree\n\nfour\n five\n", "six seven eight\nnine"])
    #expect(try chunks(Array(text.utf8), size: 1000) == [text])
  }

  @Test(arguments: [1, 2, 3, 7, 64])
  func `The pieces together are the text`(size: Int) throws {
    let text = String(repeating: "a\n\u{E9}\u{1F600}\nb c\n\n\td\n", count: 20)
    let pieces = try chunks(Array(text.utf8), size: size)
    #expect(pieces.joined() == text)
    #expect(pieces.count > 1)
  }

  @Test func `A byte order mark is no text`() throws {
    #expect(try chunks([0xEF, 0xBB, 0xBF, 0x61], size: 10) == ["a"])
  }

  @Test(arguments: [
    ([0x61, 0xFF], 1), ([0x61, 0xC3], 1), ([0xC3, 0xA9, 0x80], 2), ([0x61, 0xED, 0xA0, 0x80], 1),
  ])
  func `The first byte that is no UTF-8 is named`(bytes: [UInt8], place: Int) throws {
    let error = try datasetError { _ = try chunks(bytes, size: 10) }
    #expect(error.kind == .invalidText)
    #expect(error.place == "byte \(place)")
  }
}
