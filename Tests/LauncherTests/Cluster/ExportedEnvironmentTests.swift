import Testing

@testable import Launcher

@Suite struct ExportedEnvironmentTests {
  private func names(_ environment: [String: String], folder: String = "/nonexistent") throws -> [String] {
    try ExportedEnvironment.variables(of: environment, currentFolder: folder).map { "\($0.name)=\($0.value)" }
  }

  @Test func `variables go by prefix and secrets stay`() throws {
    let environment = [
      "NCCL_DEBUG": "INFO", "PYTHONPATH": "/a b", "PATH": "/bin", "LD_LIBRARY_PATH": "/l",
      "HOME": "/nonexistent",
      "AWS_SECRET": "x", "HF_TOKEN": "x", "DEEPSPEED_THREADS_PER_RANK": "4", "UCX_NET_DEVICES": "mlx",
    ]
    #expect(
      try names(environment) == [
        "LD_LIBRARY_PATH=/l", "NCCL_DEBUG=INFO", "PATH=/bin", "PYTHONPATH=/a b", "UCX_NET_DEVICES=mlx",
      ])
    #expect(try !names(environment.merging(["AISC_JOB_NAME": "j"]) { $1 }).contains("UCX_NET_DEVICES=mlx"))
  }

  @Test func `the current folder's file wins over the home folder's and over the environment`() throws {
    let (home, here) = (try TemporaryFolder(), try TemporaryFolder())
    try TextFile.write(
      "# mine\nA=1\nB = x=y $z \nNCCL_DEBUG=WARN\n".replacing("B = ", with: "B="),
      to: home.path + "/.deepspeed_env")
    try TextFile.write("A=2\n", to: here.path + "/.deepspeed_env")
    let environment = ["HOME": home.path, "NCCL_DEBUG": "INFO"]
    #expect(try names(environment, folder: here.path) == ["A=2", "B=x=y $z", "NCCL_DEBUG=WARN"])
    try TextFile.write("C=3\n", to: here.path + "/other")
    #expect(try names(["DS_ENV_FILE": "other"], folder: here.path) == ["C=3", "DS_ENV_FILE=other"])
    #expect(try names(["DS_ENV_FILE": here.path + "/other"], folder: "/").contains("C=3"))
  }

  @Test(arguments: ["novalue", "=x", "1A=x", "A B=x"])
  func `a line that sets nothing is an error with its number`(line: String) {
    #expect(throws: LaunchError.badLine(file: "env", line: 2, found: line, expected: "KEY=VALUE")) {
      try ExportedEnvironment.parse("OK=1\n\(line)\n", file: "env")
    }
  }
}
