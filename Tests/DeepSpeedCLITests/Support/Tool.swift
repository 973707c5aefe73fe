import Glibc

/// The `deepspeed` executable that was built together with these tests, run as a user runs it.
enum Tool {
  struct Missing: Error, CustomStringConvertible {
    let path: String
    var description: String { "\(path) is not there: build the product 'deepspeed' before its tests" }
  }

  struct NotStarted: Error { let code: Int32 }

  /// Beside the test bundle; `DEEPSPEED_EXECUTABLE` names another build.
  static func path() throws -> String {
    if let path = variable("DEEPSPEED_EXECUTABLE") { return path }
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    let own = String(decoding: buffer.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    // Some test runners load the bundle; then it is the first argument.
    let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? own
    for start in [own, bundle] {
      let path =
        start.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        + "/deepspeed"
      if access(path, X_OK) == 0 { return path }
    }
    throw Missing(path: own + "/../deepspeed")
  }

  /// Runs `deepspeed` to its end, or kills it and all that it started at the time limit.
  ///
  /// - Parameters:
  ///   - shell: a script in which `"$@"` is the whole command.
  ///   - limit: seconds.
  static func run(_ invocation: Invocation, in folder: String, limit: Double = 60) throws -> Outcome {
    let command = [try path()] + invocation.arguments
    let words = invocation.shell.map { ["/bin/sh", "-c", $0, "sh"] + command } ?? command
    let output = "\(folder)/.stdout"
    let errors = "\(folder)/.stderr"
    let start = ContinuousClock.now
    let process = try spawn(
      words, environment: environment(invocation, folder), output: output, errors: errors)
    var status: Int32 = 0
    var isLate = false
    while waitpid(process, &status, WNOHANG) == 0 {
      if start.duration(to: .now) > .seconds(limit) {
        isLate = true
        kill(-process, SIGKILL)
        waitpid(process, &status, 0)
        break
      }
      usleep(5_000)
    }
    let signal = status & 0x7f
    return Outcome(
      exitCode: signal == 0 ? (status >> 8) & 0xff : nil, signal: signal, isLate: isLate,
      output: try TestFile.text(output), errors: try TestFile.text(errors))
  }

  /// The command lines of all processes in which `text` occurs.
  static func running(with text: String) throws -> [String] {
    try TestFile.names(in: "/proc").filter { $0.allSatisfy(\.isNumber) }
      .compactMap { try? TestFile.text("/proc/\($0)/cmdline") }.filter { $0.contains(text) }
  }

  private static func environment(_ invocation: Invocation, _ folder: String) -> [String] {
    var values = [
      // Many of these run at once, beside other tests.
      "OMP_NUM_THREADS": "1", "DEEPSPEED_THREADS_PER_RANK": "1", "DEEPSPEED_CACHE": "\(folder)/cache",
      "HOME": folder, "NO_COLOR": "1",
    ]
    for name in ["PATH", "LD_LIBRARY_PATH", "LIBTORCH", "TMPDIR"] { values[name] = variable(name) }
    values.merge(invocation.environment) { $1 }
    return values.map { "\($0.key)=\($0.value)" }
  }

  private static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

  private static func spawn(
    _ words: [String], environment: [String], output: String, errors: String
  ) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // A process group of its own, so that a late one can be ended with its children.
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
    var arguments = words.map { strdup($0) } + [nil]
    var variables = environment.map { strdup($0) } + [nil]
    defer { (arguments + variables).forEach { free($0) } }
    var process: pid_t = 0
    let code = posix_spawn(&process, words[0], &actions, &attributes, &arguments, &variables)
    guard code == 0 else { throw NotStarted(code: code) }
    return process
  }
}

/// A command line after `deepspeed`, and what surrounds it.
struct Invocation: Sendable {
  var arguments: [String]
  var environment: [String: String] = [:]
  var shell: String?

  init(_ arguments: [String], environment: [String: String] = [:], shell: String? = nil) {
    self.arguments = arguments
    self.environment = environment
    self.shell = shell
  }
}

/// How a run of `deepspeed` ended.
struct Outcome: Sendable {
  /// Nil when a signal ended it.
  let exitCode: Int32?
  let signal: Int32
  /// Killed at the time limit.
  let isLate: Bool
  let output: String
  let errors: String

  /// Both streams, to show with a failed expectation.
  var transcript: String { "exit \(exitCode ?? -signal), late: \(isLate)\n\(errors)\n\(output)" }

  /// The lines that report an error of the command itself.
  var complaints: [Substring] {
    errors.split(whereSeparator: \.isNewline).filter {
      $0.hasPrefix("deepspeed: ") || $0.hasPrefix("Error: ")
    }
  }
}
