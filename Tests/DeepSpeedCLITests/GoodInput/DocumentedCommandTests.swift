import Foundation
import Testing

@Suite("Commands in the documentation")
struct DocumentedCommandTests {
  @Test("every command and option that a page shows exists")
  func options() throws {
    let help = try HelpOptions()
    let pages = try Pages.all()
    var count = 0
    for (page, text) in pages {
      for command in Pages.commands(in: text) {
        count += 1
        let known = help.options(of: command)
        for option in Pages.options(in: command) {
          #expect(known.contains(option), "\(page): '\(command.joined(separator: " "))' has no \(option)")
        }
      }
      // Options named in running text: of some command.
      for option in Pages.mentionedOptions(in: text) {
        #expect(help.all.contains(option), "\(page): no command has \(option)")
      }
    }
    #expect(count > 30, "only \(count) commands found")
    #expect(pages.count > 15)
  }

  @Test("a wrong option is found")
  func finds() {
    let text = """
      Use `deepspeed eval --modell x` or `--num_gpu 2`.
      ```
      deepspeed train --model a \\
        --steps 4      # --not this
      swift build --product deepspeed
      ```
      """
    #expect(
      Pages.commands(in: text) == [["eval", "--modell", "x"], ["train", "--model", "a", "--steps", "4"]])
    #expect(Pages.mentionedOptions(in: text) == ["--num_gpu"])
  }
}

/// What `--help` of each command names.
private struct HelpOptions {
  private static let commands = [
    ["train"], ["generate"], ["chat"], ["eval"], ["config"], ["report"], ["launch"], ["zero-to-fp32"],
    ["plan"], ["bench", "train"], ["bench", "states"], ["bench", "largest"], ["bench", "comm"], ["bench", "io"],
    ["bench", "offload"], ["bench", "optimizer"],
  ]
  private var options: [String: Set<String>] = [:]

  init() throws {
    for command in Self.commands {
      let outcome = try Workspace().run(Invocation(command + ["--help"]))
      #expect(outcome.exitCode == 0, "\(outcome.transcript)")
      options[command[0], default: []].formUnion(outcome.output.matches(of: /--[A-Za-z][\w-]*/).map { String($0.output) })
    }
  }

  var all: Set<String> { options.values.reduce(["--version"]) { $0.union($1) } }

  /// Those of the command that the words name, or of the launcher, which takes programs.
  func options(of words: [String]) -> Set<String> {
    let launcher = options["launch"] ?? []
    guard let name = words.first, !name.hasPrefix("-") else { return launcher.union(["--version", "--help"]) }
    return options[name] ?? launcher
  }
}

/// The pages that tell users what to type.
private enum Pages {
  /// Options that pages name but no command has: of launched programs, and of the bundle's script.
  private static let foreign: Set = ["--local_rank", "--libtorch"]

  static func all() throws -> [(name: String, text: String)] {
    let root = URL(filePath: #filePath).pathComponents.dropLast(4).joined(separator: "/").dropFirst()
    let files = try FileManager.default.contentsOfDirectory(atPath: "\(root)/docs").sorted()
      .filter { $0.hasSuffix(".md") }.map { "docs/\($0)" }
    return try (["README.md", "Examples/FineTune/README.md"] + files).map {
      ($0, try String(contentsOfFile: "\(root)/\($0)", encoding: .utf8))
    }
  }

  /// The words after `deepspeed` of each command in a code block or between backticks.
  static func commands(in text: String) -> [[String]] {
    // A command goes on after a backslash, or with options in brackets on an indented line.
    let joined = text.replacing(/\\\n\s*/, with: " ").replacing(/\n +\[/, with: " [")
    let spans = joined.matches(of: /`(deepspeed [^`\n]*)`/).map { String($0.output.1) }
    let lines = blocks(of: joined).flatMap { $0.split(separator: "\n") }.map {
      $0.trimmingCharacters(in: .whitespaces)
    }
    return (spans + lines).compactMap { line in
      let words = line.split(separator: " ").prefix { !["#", "|", "<", ">"].contains($0.prefix(1)) }
        .map(String.init)
      guard let program = words.first, program.split(separator: "/").last == "deepspeed" else { return nil }
      return Array(words.dropFirst())
    }
  }

  /// The long options among the words of a command; brackets around optional ones are left out.
  static func options(in words: [String]) -> [String] {
    words.flatMap { $0.matches(of: /(?:^|[\[|])(--[A-Za-z][\w-]*)/).map { String($0.output.1) } }
  }

  /// Long options between backticks that no command stands before.
  static func mentionedOptions(in text: String) -> [String] {
    text.matches(of: /`(--[A-Za-z][\w-]*)[^`\n]*`/).map { String($0.output.1) }
      .filter { !foreign.contains($0) }
  }

  private static func blocks(of text: String) -> [String] {
    text.split(separator: "```", omittingEmptySubsequences: false).enumerated()
      .filter { $0.offset % 2 == 1 }.map { String($0.element) }
  }
}
