import ArgumentParser
import AsyncFiles

/// How files are read and written, under the names of the section `aio` and of `ds_io`.
struct FileArguments: ParsableArguments {
  @Option(name: [.long, .customLong("nvme_dir")], help: "A folder on the disk.")
  var folder: String = "."

  @Option(name: .customLong("block_size"), help: "Bytes of one request to the kernel.")
  var blockSize: String = "1M"

  @Option(name: .customLong("queue_depth"), parsing: .unconditional, help: "Blocks in flight for each thread.")
  var queueDepth: Int = 8

  @Option(name: [.customLong("io_parallel"), .customLong("intra_op_parallelism")], parsing: .unconditional,
    help: "Threads that share one transfer.")
  var workerCount: Int = 1

  @Flag(name: .customLong("single_submit"), help: "One system call for each block.")
  var submitsSingly = false

  @Flag(name: .customLong("sequential_requests"), help: "Start new blocks when all in flight have ended.")
  var waitsForAll = false

  @Option(help: "automatic, ring (io_uring) or threads (pread and pwrite).")
  var engine: EngineArgument = .automatic

  func settings() throws -> AsyncFileSettings {
    AsyncFileSettings(
      blockSize: try ByteSize.parse(blockSize, option: "--block_size"), queueDepth: queueDepth, workerCount: workerCount,
      submitsSingly: submitsSingly, overlapsEvents: !waitsForAll, backend: engine.backend)
  }
}

/// The backends under the names of the command line.
enum EngineArgument: String, ExpressibleByArgument, CaseIterable {
  case automatic, ring, threads

  var backend: AsyncFileSettings.Backend {
    switch self {
    case .automatic: .automatic
    case .ring: .ring
    case .threads: .threads
    }
  }
}
