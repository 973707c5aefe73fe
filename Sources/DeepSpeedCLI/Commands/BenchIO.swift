import ArgumentParser
import AsyncFiles
import Glibc
import Monitoring

/// `deepspeed bench io` (`ds_io`, `ds_nvme_tune`): how fast tensors travel between memory and files.
struct BenchIO: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "io", abstract: "Time reads and writes of a file, beside fio, or search the best settings.",
    discussion: """
      The file has no name and is gone when the command ends. Sizes may end in K, M or G. --search tries blocks of 1 and \
      8 MiB, 32 and 128 in flight, 1 to 8 threads, and prints the section "aio" of a config.
      """)

  @Option(name: .customLong("io_size"), help: "Bytes of one transfer.")
  var byteCount: String = "400M"

  @Flag(name: .customLong("page_cache"), help: "Go through the page cache.")
  var usesPageCache = false

  @Option(name: [.customLong("loops"), .customLong("rounds")], parsing: .unconditional,
    help: "Timed rounds, the median counts; 5 by default, 1 with --search.")
  var rounds: Int?

  @Flag(name: .customLong("no_read"), help: "Do not time reads.")
  var skipsReads = false

  @Flag(name: .customLong("no_write"), help: "Do not time writes.")
  var skipsWrites = false

  @Flag(name: .customLong("validate"), help: "Compare every byte with what was written, at the end.")
  var checksBytes = false

  @Flag(help: "Try many settings and print the best ones.")
  var search = false

  @Flag(name: .customLong("beside-fio"), help: "Time fio in turn with us, on the same file with the same settings.")
  var isBesideFio = false

  @OptionGroup var files: FileArguments

  func validate() throws {
    guard rounds ?? 1 > 0 else { throw ValidationError("--loops is \(rounds ?? 0), expected at least 1") }
    guard !skipsReads || !skipsWrites else { throw ValidationError("--no_read and --no_write leave nothing to time") }
    guard !search || !isBesideFio else { throw ValidationError("--beside-fio compares one set of settings, not --search") }
  }

  func run() throws {
    try reportingFailures {
      let size = try ByteSize.parse(byteCount, option: "--io_size")
      let benchmark = try AsyncFileBenchmark(
        path: "\(files.folder)/.deepspeed-bench-io.\(getpid())", byteCount: size, bypassesPageCache: !usesPageCache)
      if !usesPageCache, !benchmark.file.bypassesPageCache {
        ProgressBar.writeToStandardError("\(files.folder): its file system cannot bypass the page cache, which is timed instead\n")
      }
      try search ? sweep(benchmark) : compare(benchmark)
    }
  }

  private var directions: [AsyncFileBenchmark.Direction] {
    (skipsWrites ? [] : [.write]) + (skipsReads ? [] : [.read])
  }

  private func compare(_ benchmark: AsyncFileBenchmark) throws {
    let rounds = rounds ?? 5
    let handle = try AsyncFileHandle(try files.settings())
    let fio = isBesideFio ? FioPeer(settings: handle.settings, backend: handle.backend, file: benchmark.file) : nil
    var own = directions.map { _ in [Double]() }
    var peer = directions.map { _ in [Double]() }
    // The first round warms up.
    for round in 0...rounds {
      for (index, direction) in directions.enumerated() {
        let bandwidth = Double(benchmark.byteCount) / (try benchmark.time(direction, with: handle))
        let other = try fio?.bandwidth(direction, byteCount: benchmark.byteCount)
        guard round > 0 else { continue }
        own[index].append(bandwidth)
        if let other { peer[index].append(other) }
      }
    }
    Output.write(
      "\(handle.backend == .ring ? "io_uring" : "threads"), \(NumberText.bytes(benchmark.byteCount)) a transfer, blocks of "
        + "\(NumberText.bytes(handle.settings.blockSize)), \(handle.settings.queueDepth) in flight, "
        + "\(handle.settings.workerCount) thread(s), median of \(rounds) rounds\(fio == nil ? "" : " in turn")\n")
    var table = TextTable(
      [.init("direction"), .init("GB/s", .right)] + (fio == nil ? [] : [.init("fio GB/s", .right), .init("ours / fio", .right)]))
    for (index, direction) in directions.enumerated() {
      let (own, peer) = (own[index].sorted(), peer[index].sorted())
      var row = [direction.rawValue, gigabytes(own[rounds / 2])]
      if !peer.isEmpty {
        row += [gigabytes(peer[rounds / 2]), NumberText.fixed(own[rounds / 2] / peer[rounds / 2], 3)]
      }
      table.append(row)
    }
    Output.write(table.rendered() + "\n")
    try check(benchmark, handle)
  }

  private func sweep(_ benchmark: AsyncFileBenchmark) throws {
    var sweep = AsyncFileSearch()
    for index in sweep.candidates.indices { sweep.candidates[index].backend = files.engine.backend }
    var count = 0
    let results = try sweep.run(benchmark, directions: directions, rounds: rounds ?? 1) { _ in
      count += 1
      ProgressBar.writeToStandardError("\(count) of \(sweep.candidates.count) settings\n")
    }
    var table = TextTable([
      .init("block", .right), .init("depth", .right), .init("threads", .right), .init("submit"), .init("requests"),
      .init("write GB/s", .right), .init("read GB/s", .right),
    ])
    for result in results.prefix(10) {
      let settings = result.settings
      table.append([
        NumberText.bytes(settings.blockSize), "\(settings.queueDepth)", "\(settings.workerCount)",
        settings.submitsSingly ? "singly" : "together", settings.overlapsEvents ? "overlapped" : "in batches",
        result.writeBandwidth.map(gigabytes) ?? "", result.readBandwidth.map(gigabytes) ?? "",
      ])
    }
    Output.write(table.rendered() + "\n\n")
    if let best = results.first { Output.write(best.settings.configText + "\n") }
    try check(benchmark, AsyncFileHandle())
  }

  private func check(_ benchmark: AsyncFileBenchmark, _ handle: AsyncFileHandle) throws {
    // fio writes bytes of its own.
    guard checksBytes, !isBesideFio else { return }
    if let place = try benchmark.firstDifference(readBy: handle) {
      throw CommandFailure(message: "byte \(place) of the file is not what was written")
    }
    Output.write("all \(benchmark.byteCount) bytes are as written\n")
  }

  private func gigabytes(_ bandwidth: Double) -> String { NumberText.fixed(bandwidth / 1e9, 3) }
}
