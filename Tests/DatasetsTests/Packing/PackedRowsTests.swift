import Testing

@testable import Datasets

struct PackedRowsTests {
  private func rows(_ dataset: Dataset) throws -> [TokenRow] {
    try (0..<dataset.rowCount()).map { try dataset.row($0) }
  }

  @Test(arguments: [1, 2, 3, 4, 5, 21, 22, 23, 100])
  func `Every token of a stream but the first is learnt exactly once`(sequenceLength: Int) throws {
    let dataset = try Dataset(
      path: fixturePath("stream-uint16.npy"), sequenceLength: sequenceLength, encoding: .bytes())
    let rows = try rows(dataset)
    let stream = (0..<23).map { Int32($0 * 11 % 250) }
    #expect(rows.flatMap(\.labels) == Array(stream.dropFirst()))
    #expect(rows.flatMap(\.tokens) == Array(stream.dropLast()))
    #expect(rows.dropLast().allSatisfy { $0.tokens.count == sequenceLength })
    #expect(rows.count == (22 + sequenceLength - 1) / sequenceLength)
  }

  @Test func `A text is one document between begin and end token`() throws {
    let scratch = try DataScratch()
    let path = try scratch.write("abcd\nefgh", "t.txt")
    let dataset = try Dataset(path: path, sequenceLength: 4, encoding: .bytes(beginToken: 66))
    #expect(try rows(dataset).map { spelled($0.labels) } == ["abcd", "\nefg", "h$"])
    #expect(try dataset.row(0).tokens.first == 66)
  }

  @Test func `Documents follow each other with an end token between`() throws {
    let scratch = try DataScratch()
    let path = try scratch.write("{\"text\":\"abc\"}\n{\"text\":\"\"}\n{\"text\":\"de\"}\n", "d.jsonl")
    let dataset = try Dataset(path: path, sequenceLength: 5, encoding: .bytes())
    #expect(try rows(dataset).map { spelled($0.labels) } == ["bc$$d", "e$"])
  }

  @Test func `Long texts come in pieces that together are the text`() throws {
    let scratch = try DataScratch()
    let text = (0..<200_000).map { "line \($0)" }.joined(separator: "\n")
    let path = try scratch.write(text, "t.txt")
    let counter = Counter()
    var encoding = TextEncoding.bytes(endToken: nil)
    encoding.encode = { text in
      counter.increase()
      return text.utf8.map(Int.init)
    }
    let dataset = try Dataset(path: path, sequenceLength: 1000, encoding: encoding)
    #expect(spelled(try dataset.row(0).labels) == String(text.prefix(1001).dropFirst()))
    #expect(try dataset.rowCount() == (text.utf8.count - 1 + 999) / 1000)
    let last = try dataset.row(dataset.rowCount() - 1)
    #expect(spelled(last.labels).hasSuffix("line 199999"))
    #expect(counter.value > 2)
  }
}
