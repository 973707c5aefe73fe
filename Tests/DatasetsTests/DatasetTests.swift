import Testing

@testable import Datasets

struct DatasetTests {
  @Test func `Files that cannot be used are refused with the reason`() throws {
    let scratch = try DataScratch()
    func fault(_ path: String, sequenceLength: Int = 4) throws -> DatasetError {
      try datasetError {
        let dataset = try Dataset(path: path, sequenceLength: sequenceLength, encoding: .bytes())
        _ = try dataset.rowCount()
      }
    }
    let missing = try fault("\(scratch.path)/none.txt")
    #expect(
      missing.description
        == "\(scratch.path)/none.txt: found No such file or directory, "
        + "expected a readable file; check the path"
    )
    #expect(try fault(scratch.path).kind == .unreadable)
    #expect(try fault(scratch.write("", "empty.txt")).kind == .tooFewTokens)
    #expect(try fault(scratch.write(" \n\n", "blank.jsonl")).found == "only blank lines")
    #expect(try fault(scratch.write("a,b", "table.csv")).kind == .unsupported)
    #expect(try fault(scratch.write("text", "t.txt"), sequenceLength: 0).found == "a sequence length of 0")
    let header = NumpyHeader.bytes(element: .uint8, shape: [1])
    #expect(try fault(scratch.write(header + [1], "one.npy")).kind == .tooFewTokens)
    #expect(try fault(scratch.writeRows([[1], [2]])).kind == .tooFewTokens)
  }

  @Test func `A text without a second token is too short`() throws {
    let scratch = try DataScratch()
    let dataset = try Dataset(
      path: scratch.write("a", "t.txt"), sequenceLength: 4, encoding: .bytes(endToken: nil))
    #expect(try datasetError { _ = try dataset.rowCount() }.kind == .tooFewTokens)
  }

  @Test func `A tokenizer of another model is noticed`() throws {
    let scratch = try DataScratch()
    let dataset = try Dataset(
      path: scratch.write("abz", "t.txt"), sequenceLength: 4,
      encoding: .bytes(vocabularySize: 122, endToken: nil))
    let error = try datasetError { _ = try dataset.rowCount() }
    #expect(error.kind == .tokenOutOfRange)
    #expect(error.found == "token id 122 from the tokenizer")
  }

  @Test func `An error of the tokenizer reaches the reader`() throws {
    struct Failure: Error {}
    let scratch = try DataScratch()
    let encoding = TextEncoding(vocabularySize: 10, endToken: nil, identity: "") { _ in throw Failure() }
    let dataset = try Dataset(path: scratch.write("abc", "t.txt"), sequenceLength: 4, encoding: encoding)
    #expect(throws: Failure.self) { _ = try dataset.row(0) }
  }

  @Test func `The fingerprint tells content, row length and tokenizer apart`() throws {
    let scratch = try DataScratch()
    let path = try scratch.write("some text", "t.txt")
    let copy = try scratch.write("some text", "copy.txt")
    let other = try scratch.write("some next", "other.txt")
    func fingerprint(_ path: String, _ sequenceLength: Int, _ identity: String) throws -> String {
      try Dataset(path: path, sequenceLength: sequenceLength, encoding: .bytes(identity: identity))
        .fingerprint
    }
    let first = try fingerprint(path, 4, "bytes")
    #expect(try fingerprint(copy, 4, "bytes") == first)
    #expect(try fingerprint(other, 4, "bytes") != first)
    #expect(try fingerprint(path, 5, "bytes") != first)
    #expect(try fingerprint(path, 4, "words") != first)
  }
}
