import Testing

@testable import Monitoring

@Suite struct TensorBoardWriterTests {
  /// RFC 3720, appendix B.4, and the check value of the catalogue of parametrised CRC algorithms.
  @Test(
    arguments: [
      ([UInt8](repeating: 0, count: 32), 0x8A91_36AA), ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
      (Array(0..<32), 0x46DD_794E), (Array((0..<32).reversed()), 0x113F_DB5C),
      (Array("123456789".utf8), 0xE306_9283), ([], 0),
    ] as [([UInt8], UInt32)])
  func `checksums follow the published vectors`(bytes: [UInt8], expected: UInt32) {
    #expect(CRC32C.checksum(bytes) == expected)
  }

  /// The first record that tensorboard 2.21 itself writes: made with its `RecordWriter` and
  /// `event_pb2.Event(wall_time=1.5, file_version="brain.Event:2")`.
  @Test func `the first record is TensorBoard's own`() {
    #expect(
      EventRecord.fileVersion(time: 1.5) == [
        0x18, 0, 0, 0, 0, 0, 0, 0, 0xA3, 0x7F, 0x4B, 0x22, 0x09, 0, 0, 0, 0, 0, 0, 0xF8, 0x3F, 0x1A, 0x0D,
      ] + Array("brain.Event:2".utf8) + [0x2A, 0x28, 0x64, 0x6C])
  }

  /// The same with `Summary.Value(tag="a/b", simple_value=2.5)` as step 300.
  @Test func `a scalar is one record, byte for byte TensorBoard's own`() {
    let expected: [UInt8] =
      [0x1A, 0, 0, 0, 0, 0, 0, 0, 0x12, 0x9B, 0xD8, 0x2D, 0x09, 0, 0, 0, 0, 0, 0, 0xF8, 0x3F]
      + [0x10, 0xAC, 0x02, 0x2A, 0x0C, 0x0A, 0x0A, 0x0A, 0x03, 0x61, 0x2F, 0x62, 0x15, 0, 0, 0x20, 0x40]
      + [0x48, 0x3B, 0x49, 0x51]
    #expect(EventRecord.scalar(name: "a/b", value: 2.5, step: 300, time: 1.5) == expected)
  }

  @Test func `values follow each other in a file of the run's folder`() throws {
    let folder = try TemporaryFolder()
    let writer = try TensorBoardWriter(
      outputPath: folder.path + "/tb", jobName: "run", clock: StoppedClock(time: 1_700_000_000.25))
    #expect(writer.path.hasPrefix(folder.path + "/tb/run/events.out.tfevents.1700000000."))
    try writer.write([
      MonitorEvent(name: "loss", value: 1, step: 1), MonitorEvent(name: "loss", value: .nan, step: 2),
    ])
    let bytes = try folder.bytes(String(writer.path.dropFirst(folder.path.count + 1)))
    let expected =
      EventRecord.fileVersion(time: 1_700_000_000.25)
      + EventRecord.scalar(name: "loss", value: 1, step: 1, time: 1_700_000_000.25)
      + EventRecord.scalar(name: "loss", value: .nan, step: 2, time: 1_700_000_000.25)
    #expect(bytes == expected)
  }

  @Test func `a folder that cannot be made is an error that names it`() {
    let error = #expect(throws: MonitorError.self) { try TensorBoardWriter(outputPath: "/proc/none") }
    #expect(error?.path == "/proc/none")
  }
}
