import Testing

@testable import Launcher

@Suite struct LineForwarderTests {
  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  @Test func `only whole lines are shown, each with its prefix`() {
    var lines = LineForwarder(prefix: "[rank 1] ")
    #expect(text(lines.take("one\ntw".utf8)) == "[rank 1] one\n")
    #expect(text(lines.take("o\n\nthree".utf8)) == "[rank 1] two\n[rank 1] \n")
    #expect(text(lines.finish()) == "[rank 1] three\n")
    #expect(lines.finish().isEmpty)
    #expect(lines.lastLines == ["one", "two", "three"])
  }

  @Test func `redrawn lines pass at once and are not remembered`() {
    var lines = LineForwarder(prefix: "")
    #expect(text(lines.take("step 1\rstep 2\r".utf8)) == "step 1\rstep 2\r")
    #expect(lines.lastLines.isEmpty)
  }

  @Test func `line ends of two bytes count once`() {
    var lines = LineForwarder(prefix: "> ")
    #expect(text(lines.take("a\r\nb\r".utf8)) == "> a\r\n> b\r")
    #expect(text(lines.take("\n".utf8)) == "\n")
    #expect(lines.lastLines == ["a", "b"])
  }

  @Test func `the tail is bounded, and so is a line without end`() {
    var lines = LineForwarder(prefix: "")
    for number in 0..<100 { _ = lines.take("\(number)\n".utf8) }
    #expect(lines.lastLines.count == LineForwarder.tailLineCount)
    #expect(lines.lastLines.last == "99")
    #expect(!lines.take(repeatElement(65, count: LineForwarder.lineLimit)).isEmpty)
  }

  @Test func `an unfinished line belongs to the last ones`() {
    var lines = LineForwarder(prefix: "")
    _ = lines.take("first\nlast words".utf8)
    #expect(lines.lastLines == ["first", "last words"])
  }
}
