import AsyncFiles
import Launcher
import Models
import Synchronization

/// fio, Debian's tester of disks, on the same file with the same block size, depth and threads.
struct FioPeer {
  let settings: AsyncFileSettings
  let backend: AsyncFileSettings.Backend
  let file: AsyncFile

  /// Runs it once over the whole file.
  ///
  /// - Returns: bytes a second.
  /// - Throws: `CommandFailure` when fio is missing or fails.
  func bandwidth(_ direction: AsyncFileBenchmark.Direction, byteCount: Int) throws -> Double {
    let part = byteCount / settings.workerCount / settings.blockSize * settings.blockSize
    guard part > 0 else {
      throw CommandFailure(message: "fio needs at least one block for each thread: raise --io_size")
    }
    let text = try output(of: [
      "--name=peer", "--filename=\(file.pathForOthers)", "--rw=\(direction.rawValue)", "--size=\(part)",
      "--offset_increment=\(part)", "--numjobs=\(settings.workerCount)", "--thread", "--group_reporting",
      "--bs=\(settings.blockSize)", "--iodepth=\(settings.queueDepth)", "--direct=\(file.bypassesPageCache ? 1 : 0)",
      "--ioengine=\(backend == .ring ? "io_uring" : "libaio")", "--overwrite=1", "--output-format=json",
    ])
    guard
      let values = try? [String: ConfigurationValue](json: Array(text.drop { $0 != "{" }.utf8), file: "fio"),
      case .array(let jobs) = values["jobs"], case .object(let job) = jobs.first,
      case .object(let figures) = job[direction.rawValue], let bandwidth = figures["bw_bytes"]?.asDouble, bandwidth > 0
    else { throw CommandFailure(message: "fio printed no bandwidth: '\(text.prefix(200))'") }
    return bandwidth
  }

  private func output(of arguments: [String]) throws -> String {
    let output = Mutex<[UInt8]>([])
    let sink = OutputSink { stream, bytes in
      if stream == .standardOutput { output.withLock { $0 += bytes } }
    }
    let process = SupervisedProcess(
      name: "fio",
      command: ProcessCommand(
        executable: "/usr/bin/env", arguments: ["fio"] + arguments, environment: ProcessEnvironment.current()))
    let trap = SignalTrap()
    let outcome = try Supervisor([process], cancellation: trap.cancellation, sink: sink).run()
    if outcome.exitCode == 127 {
      throw CommandFailure(message: "fio is not installed; install it (apt install fio) or leave out --beside-fio")
    }
    guard outcome.exitCode == 0 else {
      let lines = outcome.failure?.lastLines.joined(separator: " ") ?? ""
      throw CommandFailure(message: "fio ended with code \(outcome.exitCode): \(lines)", code: outcome.exitCode)
    }
    return output.withLock { String(decoding: $0, as: UTF8.self) }
  }
}
