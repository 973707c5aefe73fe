import Glibc
import Testing

@Suite("Jobs that cannot be launched, and ranks that fail")
struct LauncherTests {
  @Test("One error says why the job cannot start", arguments: cases)
  func mistake(_ input: BadInput) throws { try input.check() }

  @Test("A port that is taken is named")
  func takenPort() throws {
    let port = try TakenPort()
    let work = try Workspace()
    var invocation = try work.train()
    invocation.arguments += ["--num_gpus", "2", "--master_port", "\(port.number)"]
    try BadInput.check(try work.run(invocation), words: ["Port \(port.number)", "taken", "--master_port"])
  }

  @Test("A rank that finds nobody gives up within its time limit, without a trace")
  func lonelyRank() throws {
    let number = try TakenPort().number
    let work = try Workspace()
    var invocation = try work.train()
    invocation.arguments += ["--timeout", "0.03"]
    invocation.environment = [
      "RANK": "1", "LOCAL_RANK": "1", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1",
      "MASTER_PORT": "\(number)",
    ]
    try BadInput.check(try work.run(invocation), words: ["rank 0 does not answer", "\(number)"])
  }

  @Test("A rank outside of the job says which variable is wrong")
  func strangeRank() throws {
    let work = try Workspace()
    var invocation = try work.train()
    invocation.environment = [
      "RANK": "3", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29777",
    ]
    try BadInput.check(try work.run(invocation), words: ["RANK", "'3'", "0 to 1"])
  }

  @Test(
    "A failing rank ends the others and has the last word",
    arguments: [
      Failure(
        script: "echo disk on fire >&2; exit 7", code: 7, words: ["disk on fire", "rank 1", "exit code 7"]),
      Failure(script: "kill -9 $$", code: 137, words: ["rank 1", "signal 9 (SIGKILL)"]),
      Failure(script: "kill -SEGV $$", code: 139, words: ["rank 1", "signal 11 (SIGSEGV)"]),
    ])
  func failingRank(_ failure: Failure) throws {
    let work = try Workspace()
    let script = "if [ \"$RANK\" = 1 ]; then \(failure.script); fi; exec sleep 100"
    let start = ContinuousClock.now
    let outcome = try work.run("--num_gpus", "2", "sh", "-c", script)
    #expect(start.duration(to: .now) < .seconds(10))
    #expect(outcome.exitCode == failure.code, "\(outcome.transcript)")
    for word in failure.words {
      #expect(outcome.errors.contains(word), "no '\(word)' in \(outcome.transcript)")
    }
  }

  @Test("A rank killed amid saves leaves a checkpoint that loads")
  func killedRank() throws {
    let work = try Workspace()
    let out = work.path("out")
    let training = try work.train(steps: 1_000_000, "--output", out, "--save_interval", "1")
    // The shell becomes rank 1, so its number is the rank's; the child kills it once there are checkpoints.
    let script = """
      if [ "$RANK" = 1 ]; then
        (while [ ! -e "\(out)/latest" ]; do sleep 0.05; done; sleep 0.3; kill -9 $$) &
      fi
      exec "$@"
      """
    let outcome = try work.run(
      Invocation(
        ["--num_gpus", "2", "--master_port", "0", "sh", "-c", script, "sh", try Tool.path()]
          + training.arguments))
    #expect(outcome.exitCode == 137, "\(outcome.transcript)")
    #expect(outcome.errors.contains("rank 1"))
    #expect(outcome.errors.contains("SIGKILL"))
    let tag = try TestFile.text("\(out)/latest").split(separator: "p").last.flatMap {
      Int($0.prefix { $0.isNumber })
    }
    let step = try #require(tag)
    let resumed = try work.run(try work.train(steps: step + 1, "--resume", out))
    #expect(resumed.exitCode == 0, "the last checkpoint does not load: \(resumed.transcript)")
  }

  @Test("A rank killed with states in files leaves no process and no file, and the run goes on bit for bit")
  func killedRankWithFiles() throws {
    let work = try Workspace()
    let out = work.path("out")
    let drive = work.makeFolder("drive")
    let device = #"{"device": "nvme", "nvme_path": "\#(drive)"}"#
    let config = try work.config(
      zero: """
        {"stage": 3, "sub_group_size": 2000, "offload_optimizer": \(device), "offload_param": \(device)}
        """)
    func training(_ steps: Int, _ more: String...) throws -> Invocation {
      var invocation = try work.train(
        config: config, steps: steps, "--num_gpus", "2", "--master_port", "0")
      invocation.arguments += more
      return invocation
    }
    var killed = try training(1_000_000, "--output", out, "--save_interval", "20")
    // The ranks are the command's children.
    killed.shell = """
      "$@" & command=$!
      while [ ! -e "\(out)/latest" ]; do sleep 0.05; done; sleep 0.2
      kill -9 $(cut -d' ' -f2 /proc/$command/task/$command/children)
      date +%s > "\(work.path("killed"))"
      wait $command; code=$?; date +%s > "\(work.path("ended"))"; exit $code
      """
    let outcome = try work.run(killed)
    #expect(outcome.exitCode == 137 && outcome.errors.contains("SIGKILL"), "\(outcome.transcript)")
    func seconds(_ name: String) throws -> Int {
      try #require(Int(TestFile.text(work.path(name)).prefix { $0.isNumber }))
    }
    #expect(try seconds("ended") - seconds("killed") < 30)
    #expect(try TestFile.names(in: drive).isEmpty)
    #expect(try Tool.running(with: work.folder).isEmpty)
    let tag = try TestFile.text("\(out)/latest")
    let step = try #require(Int(tag.drop { !$0.isNumber }.prefix { $0.isNumber }))
    var tables: [[[String]]] = []
    for more in [["--loss_csv", work.path("whole.csv")], ["--loss_csv", work.path("rest.csv"), "--resume", out]] {
      var invocation = try training(step + 2)
      invocation.arguments += more
      let ended = try work.run(invocation)
      try #require(ended.exitCode == 0, "\(ended.transcript)")
      tables.append(try LossRows(path: more[1]).exact)
    }
    #expect(tables[1].count == 2)
    #expect(Array(tables[0].suffix(2)) == tables[1])
  }

  struct Failure: Sendable {
    let script: String
    let code: Int32
    let words: [String]
  }

  /// A program on a hostfile, with further options.
  private static func job(_ hosts: String, _ options: String...) -> @Sendable (Workspace) throws -> Invocation
  {
    { Invocation(["--hostfile", try $0.write("hosts", hosts)] + options + ["sh", "-c", "exit 0"]) }
  }

  private static let four = "localhost slots=4\n"

  static let cases = [
    BadInput("no such port", "--master_port", "70000", prepare: job(four, "--master_port", "70000")),
    BadInput(
      "unknown host", "--include", "worker-9", "localhost", prepare: job(four, "--include", "worker-9")),
    BadInput("unknown slot", "--include", "no slot 9", prepare: job(four, "--include", "localhost:9")),
    BadInput("slots in words", "--include", "localhost:a", prepare: job(four, "--include", "localhost:a")),
    BadInput("node without a name", "--include", "\"@\"", prepare: job(four, "--include", "@")),
    BadInput(
      "two filters", "--include and --exclude",
      prepare: job(four, "--include", "localhost:0", "--exclude", "localhost:1")),
    BadInput(
      "filter and count", "--include and --num_gpus",
      prepare: job(four, "--include", "localhost:0", "--num_gpus", "2")),
    BadInput("all excluded", "No slot is left", prepare: job(four, "--exclude", "localhost")),
    BadInput("more than there are", "9 slots", "4 are available", prepare: job(four, "--num_gpus", "9")),
    BadInput(
      "more nodes than there are", "3 nodes", "1 are available", prepare: job(four, "--num_nodes", "3")),
    BadInput("no nodes", "--num_nodes", "1 or more", prepare: job(four, "--num_nodes", "0")),
    BadInput("line without slots=", "hosts:1", "slots=N", prepare: job("localhost 4\n")),
    BadInput("slots that are no number", "hosts:1", "slots=many", prepare: job("localhost slots=many\n")),
    BadInput("host twice", "hosts:2", "line 1", prepare: job("localhost slots=1\nlocalhost slots=2\n")),
    BadInput("no hosts", "lists no host", prepare: job("# nothing\n")),
    BadInput("hostfile is a folder", "directory") {
      Invocation(["--hostfile", $0.folder, "sh", "-c", "exit 0"])
    },
    BadInput(
      "cores in words", "--bind_core_list", "a-b",
      prepare: job(four, "--bind_cores_to_rank", "--bind_core_list", "a-b")),
    BadInput(
      "cores that are not there", "--bind_core_list", "5000",
      prepare: job(four, "--num_gpus", "1", "--bind_cores_to_rank", "--bind_core_list", "5000")),
    BadInput("node without its number", "--node_rank", prepare: job(four, "--no_ssh")),
    BadInput("log folder is a file", "file") {
      let file = try $0.write("file", "x")
      return Invocation(["--num_gpus", "2", "--enable_each_rank_log", file, "sh", "-c", "exit 0"])
    },
    BadInput("no such program", "no-such-program-x") { _ in
      Invocation(["--num_gpus", "2", "no-such-program-x"])
    },
    BadInput("not a program", "data.npy", "not an executable file") {
      Invocation(["--num_gpus", "2", try $0.data()])
    },
  ]
}

/// A port on which this process listens as long as the value lives.
final class TakenPort: Sendable {
  let number: UInt16
  private let descriptor: Int32

  init() throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let socket = descriptor
    let code = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, length) == 0 && listen(socket, 1) == 0 ? getsockname(socket, $0, &length) : -1
      }
    }
    guard code == 0 else { throw TestFile.Failure(path: "a port of 127.0.0.1", code: errno) }
    number = UInt16(bigEndian: address.sin_port)
  }

  deinit { close(descriptor) }
}
