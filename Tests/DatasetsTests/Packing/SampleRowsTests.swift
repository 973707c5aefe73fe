import Testing

@testable import Datasets

struct SampleRowsTests {
  private func labels(_ text: String, sequenceLength: Int = 100, encoding: TextEncoding = .bytes()) throws
    -> [String]
  {
    let scratch = try DataScratch()
    let dataset = try Dataset(
      path: scratch.write(text, "d.jsonl"), sequenceLength: sequenceLength, encoding: encoding)
    return try (0..<dataset.rowCount()).map { spelled(try dataset.row($0).labels) }
  }

  @Test func `A row of an array has as many inputs as tokens, loss on positions 1 and up`() throws {
    let dataset = try Dataset(path: fixturePath("rows.npy"), sequenceLength: 7, encoding: .bytes())
    #expect(try dataset.rowCount() == 4)
    let row = try dataset.row(1)
    let expected = (7..<14).map { Int32($0 * 13 % 250) }
    #expect(row.tokens == expected)
    #expect(row.labels == expected.dropFirst() + [-100])
    #expect(row.lossTokenCount == 6)
  }

  @Test func `Rows beyond the sequence length are refused, not cut`() throws {
    let error = try datasetError {
      _ = try Dataset(path: fixturePath("rows.npy"), sequenceLength: 6, encoding: .bytes())
    }
    #expect(error.found == "rows of 7 tokens")
  }

  @Test func `Only the completion and its end are learnt`() throws {
    let text = "{\"prompt\":\"ask\",\"completion\":\"yes\"}\n{\"prompt\":\"\",\"completion\":\"no\"}"
    #expect(try labels(text) == ["\u{B7}\u{B7}yes$", "o$"])
    #expect(try labels(text, encoding: .bytes(beginToken: 66)) == ["\u{B7}\u{B7}\u{B7}yes$", "no$"])
  }

  @Test func `Samples are cut to the sequence length; one without anything left to learn is passed over`()
    throws
  {
    let text =
      "{\"prompt\":\"ask\",\"completion\":\"yes\"}\n{\"prompt\":\"long question\",\"completion\":\"no\"}"
    #expect(try labels(text, sequenceLength: 4) == ["\u{B7}\u{B7}ye"])
    let scratch = try DataScratch()
    let path = try scratch.write(text, "d.jsonl")
    let dataset = try Dataset(path: path, sequenceLength: 4, encoding: .bytes())
    #expect(try dataset.summary() == DatasetSummary(rowCount: 1, cutSampleCount: 1, passedOverSampleCount: 1))
    let error = try datasetError { _ = try labels(text, sequenceLength: 2) }
    #expect(error.kind == .tooFewTokens)
  }

  @Test func `Only the assistant's turns are learnt`() throws {
    let text =
      #"{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"one"},"#
      + #"{"role":"user","content":"r"},{"role":"assistant","content":"two"}]}"#
    let hidden = { (count: Int) in String(repeating: "\u{B7}", count: count) }
    let expected =
      hidden("<user>q.<assistant>".count - 1) + "one." + hidden("<user>r.<assistant>".count) + "two."
    #expect(try labels(text, encoding: .chat) == [expected])
  }

  @Test func `A last turn of the user is not learnt`() throws {
    let text =
      #"{"messages":[{"role":"assistant","content":"hi"},{"role":"user","content":"q"}]}"#
    let expected = String(repeating: "\u{B7}", count: 10) + "hi." + String(repeating: "\u{B7}", count: 8)
    #expect(try labels(text, encoding: .chat) == [expected])
  }

  @Test func `Messages need a chat template`() throws {
    let text = #"{"messages":[{"role":"assistant","content":"hi"}]}"#
    let error = try datasetError { _ = try labels(text) }
    #expect(error.kind == .unsupported)
    #expect(error.place == "line 1")
  }
}
