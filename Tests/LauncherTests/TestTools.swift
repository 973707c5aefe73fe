import Glibc
import Synchronization

@testable import Launcher

/// A folder that is removed with its contents when the value is gone.
final class TemporaryFolder {
  let path: String

  init() throws {
    var template = Array("/tmp/launcher-tests-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw LaunchError.nothingToRunOn(reason: "no temporary folder") }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    _ = try? CapturedCommand.run(
      "rm", ["-rf", path], environment: ProcessEnvironment.current(), limit: .seconds(5))
  }

  func script(_ name: String, _ text: String) throws -> String {
    let file = "\(path)/\(name)"
    try TextFile.write("#!/bin/sh\n\(text)\n", to: file)
    chmod(file, 0o755)
    return file
  }

  func contents(_ name: String) throws -> String { try TextFile.read("\(path)/\(name)") ?? "" }
}

/// A sink that keeps what it gets.
final class CollectedOutput: Sendable {
  private let streams = Mutex<(output: [UInt8], errors: [UInt8])>(([], []))

  func sink(isTerminal: Bool = false) -> OutputSink {
    OutputSink(isTerminal: isTerminal, terminalWidth: 90) { stream, bytes in
      self.streams.withLock {
        if stream == .standardOutput { $0.output += bytes } else { $0.errors += bytes }
      }
    }
  }

  var output: String { streams.withLock { String(decoding: $0.output, as: UTF8.self) } }
  var errors: String { streams.withLock { String(decoding: $0.errors, as: UTF8.self) } }
  var lines: [String] { output.split(separator: "\n").map(String.init) }
}

/// A socket that listens on some port for as long as the value lives.
final class Listener {
  let port: Int
  private let descriptor: Int32

  init() throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let number = descriptor
    let works = withUnsafeMutableBytes(of: &address) { bytes in
      let generic = bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self)
      return bind(number, generic, length) == 0 && listen(number, 1) == 0
        && getsockname(number, generic, &length) == 0
    }
    guard works else { throw LaunchError.portInUse(port: 0, remedy: "") }
    port = Int(UInt16(bigEndian: address.sin_port))
  }

  deinit { close(descriptor) }
}

/// Whether a process runs (and is not merely waiting to be reaped).
func isRunning(_ process: String) -> Bool {
  guard let stat = try? TextFile.read("/proc/\(process.trimmed)/stat"), let end = stat.lastIndex(of: ")")
  else {
    return false
  }
  return !stat[end...].hasPrefix(") Z")
}

/// Waits until `condition` holds; false after five seconds.
func eventually(_ condition: () throws -> Bool) rethrows -> Bool {
  for _ in 0..<500 {
    if try condition() { return true }
    usleep(10_000)
  }
  return false
}
