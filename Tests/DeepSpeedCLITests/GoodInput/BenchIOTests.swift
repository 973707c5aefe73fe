import Testing

@Suite("deepspeed bench io")
struct BenchIOTests {
  @Test("Reads and writes are timed, checked and leave nothing behind", arguments: ["threads", "automatic"])
  func times(engine: String) throws {
    let work = try Workspace()
    let outcome = try work.run(
      "bench", "io", "--folder", work.makeFolder("disk"), "--io_size", "300K", "--block_size", "64K", "--queue_depth", "4",
      "--io_parallel", "2", "--single_submit", "--loops", "2", "--engine", engine, "--validate")
    try #require(outcome.exitCode == 0, "\(outcome.transcript)")
    let rows = outcome.output.split(separator: "\n").map { $0.split(separator: " ") }
    for direction in ["write", "read"] {
      let row = try #require(rows.first { $0.first == Substring(direction) })
      #expect(Double(row[1]).map { $0 > 0 } == true, "\(outcome.output)")
    }
    #expect(outcome.output.contains("64.00 KiB, 4 in flight, 2 thread(s), median of 2 rounds"))
    #expect(outcome.output.contains("all 307200 bytes are as written"))
    #expect(try TestFile.names(in: work.path("disk")).isEmpty)
  }

  @Test("A step on states in files is timed beside its parts, pipelined and not, and leaves nothing behind")
  func offload() throws {
    let work = try Workspace()
    let outcome = try work.run(
      "bench", "offload", "--folder", work.makeFolder("disk"), "--elements", "20K", "--sub_group_size", "3K", "--rounds", "2",
      "--buffer_count", "9", "--block_size", "8K")
    try #require(outcome.exitCode == 0, "\(outcome.transcript)")
    let rows = outcome.output.split(separator: "\n").map { $0.split(separator: " ") }
    for name in ["yes", "no"] {
      let row = try #require(rows.first { $0.first == Substring(name) })
      #expect(row.dropFirst().prefix(4).allSatisfy { Double($0) != nil }, "\(outcome.output)")
    }
    #expect(outcome.output.contains("AdamW on 20480 elements, 240.00 KiB of states"))
    // A sub-group is 12 KiB and a page of each tensor: three of them, and one.
    #expect(outcome.output.contains("144.00 KiB") && outcome.output.contains("48.00 KiB"))
    #expect(try TestFile.names(in: work.path("disk")).isEmpty)
  }

  @Test("A search prints the best settings as a section of a config")
  func search() throws {
    let work = try Workspace()
    let outcome = try work.run("bench", "io", "--search", "--nvme_dir", work.folder, "--io_size", "64K", "--no_write")
    try #require(outcome.exitCode == 0, "\(outcome.transcript)")
    #expect(outcome.output.contains("\"aio\": {\n  \"block_size\": "))
    #expect(outcome.output.contains("read GB/s"))
  }

  @Test("Without fio the command says so")
  func withoutFio() throws {
    let work = try Workspace()
    var invocation = Invocation(["bench", "io", "--folder", work.folder, "--io_size", "2M", "--beside-fio"])
    invocation.environment["PATH"] = work.makeFolder("empty")
    let outcome = try work.run(invocation)
    try BadInput.check(outcome, words: ["fio is not installed", "--beside-fio"])
  }

  @Test(
    "What makes no sense is said by name",
    arguments: [
      (["--folder", "/dev/null/in"], ["cannot open /dev/null/in/", "is a file, not a folder"]),
      (["--io_size", "many"], ["--io_size is many"]),
      (["--io_size", "1K", "--queue_depth", "0"], ["queue_depth is 0"]),
    ])
  func wrong(options: [String], words: [String]) throws {
    try BadInput.check(try Workspace().run(Invocation(["bench", "io"] + options)), words: words)
  }
}
