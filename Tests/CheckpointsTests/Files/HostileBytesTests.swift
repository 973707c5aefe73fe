import Testing
import Torch

@testable import Checkpoints

/// Files with random bytes changed: each is read, or refused with a typed error; none crashes or hangs.
struct HostileBytesTests {
  private struct Numbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ state >> 29
    }
  }

  /// Opens `count` changed copies; yields how many were refused.
  private func refused(_ bytes: [UInt8], header: Int, count: Int, _ open: (String) throws -> Void) throws
    -> Int
  {
    let scratch = try Scratch()
    var numbers = Numbers(state: 17)
    var refused = 0
    for _ in 0..<count {
      var changed = bytes
      for _ in 0..<Int.random(in: 1...4, using: &numbers) {
        let place = Int.random(in: 0..<header, using: &numbers)
        changed[place] =
          Bool.random(using: &numbers)
          ? .random(in: 0...255, using: &numbers) : [0, 255, 127, 48, 34].randomElement(using: &numbers) ?? 0
      }
      do {
        try open(scratch.write(changed, "changed"))
      } catch is FileFormatError {
        refused += 1
      }
    }
    return refused
  }

  @Test func `A safetensors file with changed bytes is read or refused`() throws {
    let bytes = try FixtureFile.bytes("dtypes.safetensors")
    let header = Int(bytes[0]) + Int(bytes[1]) << 8 + 8
    let refused = try refused(bytes, header: header, count: 600) { path in
      let file = try SafeTensorsFile(path: path)
      for name in file.names { _ = try file.tensor(named: name) }
    }
    #expect(refused > 200)
  }

  @Test func `A GGUF file with changed bytes is read or refused`() throws {
    let bytes = try FixtureFile.bytes("formats.gguf")
    let header = try bytes.withUnsafeBytes { bytes in
      try GGUFHeader(parsing: bytes, file: "").tensors.map(\.byteOffset).min() ?? 0
    }
    let refused = try refused(bytes, header: header, count: 600) { path in
      let file = try GGUFFile(path: path)
      for name in file.names { _ = try file.tensor(named: name) }
      _ = try file.tokenizerMetadata()
      _ = try GGUFTokenizerExport(file.tokenizerMetadata(), file: path).files()
    }
    #expect(refused > 120)
  }
}
