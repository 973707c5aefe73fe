import Glibc

/// A started process with the state of its output.
final class Member {
  let child: ChildProcess
  private let endsByLifeline: Bool
  private var output: LineForwarder
  private var errors: LineForwarder
  private let log: RankLog?

  init(_ process: SupervisedProcess, body: (() -> Never)?) throws(LaunchError) {
    log = try process.logPath.map { path throws(LaunchError) in try RankLog(path: path) }
    output = LineForwarder(prefix: process.prefix)
    errors = LineForwarder(prefix: process.prefix)
    endsByLifeline = process.command.input == .lifeline
    child = try ChildProcess(process.command, body: body)
  }

  var lastLines: [String] { errors.lastLines.isEmpty ? output.lastLines : errors.lastLines }

  func requestEnd() {
    if endsByLifeline {
      child.closeLifeline()
    } else {
      child.signalGroup(SIGTERM)
      // A stopped process would not see the signal.
      child.signalGroup(SIGCONT)
    }
  }

  /// Hands on everything that can be read now.
  func forwardOutput(to console: inout Console) {
    if child.standardOutput >= 0, drain(child.standardOutput, .standardOutput, &output, &console) {
      child.closeOutput()
    }
    if child.standardError >= 0, drain(child.standardError, .standardError, &errors, &console) {
      child.closeErrors()
    }
  }

  func finish(on console: inout Console) {
    forwardOutput(to: &console)
    console.write(output.finish(), to: .standardOutput)
    console.write(errors.finish(), to: .standardError)
  }

  /// Reads a bounded amount, so that one chatty rank does not starve the others.
  /// - Returns: whether the stream has ended.
  private func drain(
    _ descriptor: Int32, _ stream: OutputStream, _ lines: inout LineForwarder, _ console: inout Console
  ) -> Bool {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    for _ in 0..<16 {
      let count = read(descriptor, &chunk, chunk.count)
      if count == 0 { return true }
      if count < 0 {
        if errno == EINTR { continue }
        return errno != EAGAIN
      }
      log?.write(chunk[..<count])
      console.write(lines.take(chunk[..<count]), to: stream)
    }
    return false
  }
}

/// A file that gets all output of one rank.
private final class RankLog {
  private let descriptor: Int32

  init(path: String) throws(LaunchError) {
    descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    if descriptor < 0 { throw .file(path: path, action: "write", reason: systemError(errno)) }
  }

  deinit { close(descriptor) }

  func write(_ bytes: ArraySlice<UInt8>) { TextFile.writeAll(Array(bytes), to: descriptor) }
}
