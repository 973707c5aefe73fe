import Glibc

/// What to start: a program with its arguments, environment and cores.
public struct ProcessCommand: Sendable, Equatable {
  /// Where a child's standard input comes from.
  public enum Input: Sendable, Equatable {
    /// Nothing: reading ends at once.
    case null
    /// The launcher's own standard input.
    case inherited
    /// A pipe that stays open as long as the launcher lives and wants the job to run.
    case lifeline
  }

  /// The program: a path, or a name looked for on `PATH`.
  public var executable: String
  /// The arguments after the program's name, passed on byte for byte.
  public var arguments: [String]
  /// The whole environment of the child.
  public var environment: [String: String]
  /// The logical cores to bind the child to; nil for those of the launcher.
  public var cores: [Int]?
  /// Where standard input comes from.
  public var input: Input

  /// A command; by default it gets no input and all cores.
  public init(
    executable: String, arguments: [String], environment: [String: String], cores: [Int]? = nil,
    input: Input = .null
  ) {
    self.executable = executable
    self.arguments = arguments
    self.environment = environment
    self.cores = cores
    self.input = input
  }
}

/// A running child in a process group of its own, with pipes on its output.
///
/// The child is not reaped before ``reap()``, so that its number and its group's number stay valid. Used by
/// the one thread that spawned it.
final class ChildProcess {
  let identifier: pid_t
  /// Reading ends of the child's output; -1 once closed.
  private(set) var standardOutput: Int32
  private(set) var standardError: Int32
  /// Becomes readable when the child ends; -1 where the kernel has no such descriptors.
  let exitDescriptor: Int32
  private(set) var exit: ProcessExit?
  private var lifeline: Int32
  private var isReaped = false

  /// Starts a child.
  /// - Parameter body: what the child does instead of executing the command's program, in a copy of this
  ///   process, which spares it the loading of libraries. Only the calling thread goes on in the copy.
  /// - Throws: ``LaunchError/programNotFound(program:remedy:)`` or
  ///   ``LaunchError/spawnFailed(program:reason:)``.
  init(_ command: ProcessCommand, body: (() -> Never)? = nil) throws(LaunchError) {
    let output = try SystemCalls.makePipe()
    let errors = try SystemCalls.makePipe()
    let input = command.input == .lifeline ? try SystemCalls.makeSocketPair() : (reading: -1, writing: -1)
    let streams = Streams(input: input.reading, output: output.writing, errors: errors.writing)
    let result = body.map { Self.copyOfThisProcess(command, streams, $0) } ?? Self.spawn(command, streams)
    for end in [output.writing, errors.writing, input.reading] where end >= 0 { close(end) }
    guard case .success(let process) = result else {
      for end in [output.reading, errors.reading, input.writing] where end >= 0 { close(end) }
      guard case .failure(let error) = result else { preconditionFailure("a result is one or the other") }
      throw error
    }
    identifier = process
    standardOutput = output.reading
    standardError = errors.reading
    lifeline = input.writing
    exitDescriptor = SystemCalls.processDescriptor(process)
    for end in [standardOutput, standardError] { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
  }

  deinit {
    closeOutput()
    closeErrors()
    closeLifeline()
    if exitDescriptor >= 0 { close(exitDescriptor) }
  }

  /// Looks whether the child has ended, without reaping it; true the first time that it has.
  func noticesExit() -> Bool {
    if exit != nil { return false }
    var info = siginfo_t()
    let status = waitid(P_PID, id_t(identifier), &info, WEXITED | WNOHANG | WNOWAIT)
    if status != 0 || info._sifields._sigchld.si_pid != identifier { return false }
    let value = info._sifields._sigchld.si_status
    exit = info.si_code == Int32(CLD_EXITED) ? .exited(code: value) : .signaled(value)
    return true
  }

  /// Sends a signal to the child and everything it started that stayed in its group.
  func signalGroup(_ signal: Int32) { kill(-identifier, signal) }

  /// Whether any process of the child's group still runs, for a child that is reaped.
  var hasLivingGroup: Bool { kill(-identifier, 0) == 0 && ProcessTable.hasLivingMember(ofGroup: identifier) }

  /// Frees the entry of the ended child in the process table.
  func reap() {
    precondition(exit != nil, "process \(identifier) still runs")
    waitForExit()
  }

  func closeOutput() { Self.closeOnce(&standardOutput) }
  func closeErrors() { Self.closeOnce(&standardError) }

  /// Sends text to a child that reads its ``ProcessCommand/Input/lifeline``; lost when the child is gone.
  func tell(_ text: String) {
    let bytes = Array(text.utf8)
    _ = send(lifeline, bytes, bytes.count, Int32(MSG_NOSIGNAL))
  }

  /// Waits for the end of a child that is known to end, and reaps it.
  func waitForExit() {
    if isReaped { return }
    isReaped = true
    while waitpid(identifier, nil, 0) < 0, errno == EINTR {}
  }

  /// Tells a child that reads its ``ProcessCommand/Input/lifeline`` to end.
  func closeLifeline() { Self.closeOnce(&lifeline) }

  private static func closeOnce(_ descriptor: inout Int32) {
    if descriptor >= 0 { close(descriptor) }
    descriptor = -1
  }

  /// The child's ends of its standard streams.
  private struct Streams {
    let input: Int32
    let output: Int32
    let errors: Int32
  }

  /// Signals that mean to a child what they mean to any new program.
  private static let defaultSignals = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE]

  private static func copyOfThisProcess(
    _ command: ProcessCommand, _ streams: Streams, _ body: () -> Never
  ) -> Result<pid_t, LaunchError> {
    // What waits in buffers would be written twice.
    fflush(nil)
    var process: pid_t = 0
    let status = withCores(command.cores) {
      process = SystemCalls.fork()
      if process == 0 {
        become(command, streams)
        body()
      }
      return process < 0 ? errno : 0
    }
    guard status == 0 else {
      return .failure(.spawnFailed(program: command.executable, reason: systemError(status)))
    }
    // Both sides do it, so that neither can be too early for it.
    setpgid(process, process)
    return .success(process)
  }

  /// Gives the copy of a process what a spawned child has: its group, signals, streams and variables.
  private static func become(_ command: ProcessCommand, _ streams: Streams) {
    setpgid(0, 0)
    for number in defaultSignals { signal(number, SIG_DFL) }
    var signals = sigset_t()
    sigemptyset(&signals)
    sigprocmask(SIG_SETMASK, &signals, nil)
    switch command.input {
    case .null: dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), 0)
    case .lifeline: dup2(streams.input, 0)
    case .inherited: break
    }
    dup2(streams.output, 1)
    dup2(streams.errors, 2)
    SystemCalls.closeDescriptorsOfThisProgram()
    for name in ProcessEnvironment.current().keys where command.environment[name] == nil { unsetenv(name) }
    for (name, value) in command.environment { setenv(name, value, 1) }
  }

  private static func spawn(_ command: ProcessCommand, _ streams: Streams) -> Result<pid_t, LaunchError> {
    guard let path = ExecutableSearch.path(of: command.executable, environment: command.environment) else {
      return .failure(
        .programNotFound(program: command.executable, remedy: "Check its spelling, or give its full path"))
    }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    switch command.input {
    case .null: posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    case .lifeline: posix_spawn_file_actions_adddup2(&actions, streams.input, 0)
    case .inherited: break
    }
    posix_spawn_file_actions_adddup2(&actions, streams.output, 1)
    posix_spawn_file_actions_adddup2(&actions, streams.errors, 2)

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    for signal in defaultSignals { sigaddset(&signals, signal) }
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    var process: pid_t = 0
    let words = [command.executable] + command.arguments
    let variables = command.environment.map { "\($0.key)=\($0.value)" }.sorted()
    let status = withCores(command.cores) {
      withCStrings(words) { arguments in
        withCStrings(variables) { environment in
          posix_spawn(&process, path, &actions, &attributes, arguments, environment)
        }
      }
    }
    return status == 0
      ? .success(process) : .failure(.spawnFailed(program: command.executable, reason: systemError(status)))
  }

  /// A child inherits the cores of the thread that starts it, so the thread moves there for that moment.
  private static func withCores(_ cores: [Int]?, _ body: () -> Int32) -> Int32 {
    guard let cores else { return body() }
    let previous = SystemCalls.affinity()
    let status = SystemCalls.setAffinity(cores)
    if status != 0 { return status }
    defer { _ = SystemCalls.setAffinity(previous) }
    return body()
  }
}

/// Calls `body` with a null-terminated array of C strings that live until it returns.
func withCStrings<Result>(
  _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
  var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
  pointers.append(nil)
  defer { for pointer in pointers { free(pointer) } }
  return pointers.withUnsafeBufferPointer { body($0.baseAddress!) }
}
