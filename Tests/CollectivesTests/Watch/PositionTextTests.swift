import Testing
import Torch

@testable import Collectives

/// What a rank says of itself survives the way through the store.
struct PositionTextTests {
  private let record = CollectiveRecord(
    group: "world", sequence: 41, operation: .allGather, byteCount: 4096, dtype: .bfloat16,
    label: "layers.7.mlp, layers.7.norm", peer: nil)

  @Test func `positions of several groups are told apart`() throws {
    let text = PositionText.encode(
      [(group: "world", state: .inOperation(record)), (group: "ranks 0,1", state: .after(nil))], answer: 7)
    #expect(PositionText.answer(in: text) == 7)
    #expect(PositionText.decode(text, group: "world") == .inOperation(record))
    #expect(PositionText.decode(text, group: "ranks 0,1") == .after(nil))
    #expect(PositionText.decode(text, group: "ranks 2,3") == nil)
  }

  @Test func `a label cannot break the text`() throws {
    let odd = CollectiveRecord(
      group: "world", sequence: 1, operation: .send, byteCount: 8, dtype: nil, label: "a\u{1F}b\u{1E}c",
      peer: 3)
    let text = PositionText.encode([(group: "world", state: .after(odd))], answer: 0)
    guard case .after(let read?) = PositionText.decode(text, group: "world") else {
      Issue.record("nothing was read from \(text)")
      return
    }
    #expect(read.label == "abc")
    #expect(read.peer == 3)
    #expect(read.dtype == nil)
  }

  @Test(arguments: [
    "", "x", "1\u{1E}world", "1\u{1E}world\u{1F}in\u{1F}1",
    "1\u{1E}world\u{1F}in\u{1F}a\u{1F}b\u{1F}c\u{1F}d\u{1F}e\u{1F}f",
  ])
  func `damaged text yields no position`(text: String) {
    #expect(PositionText.decode(text, group: "world") == nil)
  }
}
