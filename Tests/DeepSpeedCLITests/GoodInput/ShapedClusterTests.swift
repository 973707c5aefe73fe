import Glibc
import Testing

@Suite("scripts/shaped-cluster", .serialized, .timeLimit(.minutes(2)))
struct ShapedClusterTests {
  private static let script: String = {
    let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4)
    return parts.joined(separator: "/") + "/scripts/shaped-cluster"
  }()

  private func run(_ options: String, in work: Workspace) throws -> Outcome {
    let invocation = Invocation(
      [], environment: ["DEEPSPEED_EXECUTABLE": try Tool.path()], shell: "'\(Self.script)' \(options)")
    return try work.run(invocation)
  }

  @Test("Every rank runs on its host, the exit code is theirs, and no host stays behind")
  func ranks() throws {
    let work = try Workspace()
    let command =
      "sh -c 'ip netns identify; echo \"rank $RANK of $WORLD_SIZE, $LOCAL_RANK here\"; [ $RANK != 3 ] || { sleep 2; exit 3; }'"
    let outcome = try run("--hosts 2 --ranks 2 -- \(command)", in: work)
    // Where namespaces cannot be made it says so.
    if outcome.exitCode == 77 {
      #expect(outcome.errors.contains("skipped: "))
      return
    }
    #expect(outcome.exitCode == 3, "\(outcome.transcript)")
    let lines = Set(outcome.output.split(separator: "\n"))
    for rank in 0..<4 { #expect(lines.contains("rank \(rank) of 4, \(rank % 2) here"), "\(outcome.transcript)") }
    let hosts = lines.filter { $0.hasPrefix("ds") }
    #expect(hosts.count == 2, "\(outcome.transcript)")
    for host in hosts { #expect(access("/run/netns/\(host)", F_OK) != 0) }
  }

  @Test("Wrong options are named", arguments: [
    ("--hosts none -- true", "--hosts"), ("--ranks 0 -- true", "--ranks"), ("--speed 1 -- true", "--speed"),
    ("--hosts 2", "no command"),
  ])
  func wrongOptions(options: String, words: String) throws {
    let outcome = try run(options, in: try Workspace())
    #expect(outcome.exitCode == 1 && outcome.errors.contains(words), "\(outcome.transcript)")
  }
}
