import Testing

@testable import Launcher

@Suite struct HostfileTests {
  @Test func `hosts keep their order and slots count from zero`() throws {
    let pool = try Hostfile.parse(
      "# the cluster\n\nworker-1 slots=2\n  worker-0\tslots=3  # the big one\n", file: "hosts")
    #expect(pool.hosts == ["worker-1", "worker-0"])
    #expect(pool.nodes[1].slots == [0, 1, 2])
    #expect(pool.worldSize == 5)
    #expect(pool.firstRank(onNode: 1) == 2)
    #expect(pool.uniformSlotCount == nil)
  }

  @Test(arguments: [
    ("worker-0 slots=2\nworker-1 slots two", 2, "worker-1 slots two"),
    ("worker-0", 1, "worker-0"),
    ("worker-0 slots=", 1, "worker-0 slots="),
    ("worker-0 slots=-1", 1, "worker-0 slots=-1"),
    ("worker-0 slots=0", 1, "worker-0 slots=0"),
    ("worker-0 slots=4 extra", 1, "worker-0 slots=4 extra"),
    ("worker-0 slots=99999999999999999999", 1, "worker-0 slots=99999999999999999999"),
  ])
  func `a malformed line is named with its number`(text: String, line: Int, found: String) {
    #expect(
      throws: LaunchError.badLine(
        file: "hosts", line: line, found: found, expected: "\"HOST slots=N\" with N of 1 or more")
    ) {
      try Hostfile.parse(text, file: "hosts")
    }
  }

  @Test func `a host listed twice is an error that names both lines`() {
    let error = #expect(throws: LaunchError.self) {
      try Hostfile.parse("a slots=1\nb slots=1\na slots=2", file: "hosts")
    }
    #expect(error == .duplicateHost(file: "hosts", line: 3, host: "a", firstLine: 1))
    #expect(error?.description.contains("hosts:3") == true)
  }

  @Test func `an empty hostfile is an error and a missing one is not`() throws {
    #expect(throws: LaunchError.emptyHostfile(file: "hosts")) {
      try Hostfile.parse("\n# none\n", file: "hosts")
    }
    #expect(try Hostfile.read(path: "/nonexistent/hostfile") == nil)
  }

  @Test func `a hostfile that cannot be read is an error`() {
    #expect(throws: LaunchError.self) { try Hostfile.read(path: "/proc/self") }
  }
}
