import Glibc
import Testing

@testable import Launcher

@Suite struct ShellTextTests {
  static let words = [
    "plain", "a b", "it's", "\"q\"", "$HOME", "`id`", "100%", "", "\\", "\\n", "*", "~", "a;b", "x&y", "#no",
    "!",
    "tab\there", "line\nbreak", "{a,b}", "caf\u{e9}", "--x='y'",
  ]

  @Test func `a real shell reads quoted words as they were`() throws {
    let line = "for word in \(ShellText.joined(Self.words)); do printf '<%s>' \"$word\"; done"
    let result = try CapturedCommand.run(
      "/bin/sh", ["-c", line], environment: ProcessEnvironment.current(), limit: .seconds(5))
    #expect(result.output == Self.words.map { "<\($0)>" }.joined())
  }

  @Test func `splitting undoes joining`() throws {
    #expect(try ShellText.split(ShellText.joined(Self.words), option: "--x") == Self.words)
    #expect(
      try ShellText.split("  -a \"b \\\"c\\\" \\d\" e\\ f ''", option: "--x") == [
        "-a", "b \"c\" \\d", "e f", "",
      ])
    #expect(try ShellText.split("", option: "--x").isEmpty)
  }

  @Test(arguments: ["a 'b", "\"", "a\\"])
  func `an open quote is an error`(text: String) {
    #expect(throws: LaunchError.self) { try ShellText.split(text, option: "--launcher_args") }
  }
}
