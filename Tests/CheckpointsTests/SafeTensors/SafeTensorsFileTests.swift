import Foundation
import Layers
import Testing
import Torch

@testable import Checkpoints

struct SafeTensorsFileTests {
  private struct Expected: Decodable {
    let shape: [Int]
    let values: [Double]
  }

  @Test func `Every dtype of a file that Python wrote has Python's values`() throws {
    let expected = try JSONDecoder().decode(
      [String: Expected].self, from: Data(FixtureFile.bytes("dtypes.json")))
    let file = try SafeTensorsFile(path: FixtureFile.path("dtypes.safetensors"))
    #expect(Set(file.names) == Set(expected.keys))
    #expect(file.header.metadata == ["format": "pt"])
    for (name, value) in expected {
      let tensor = try #require(try file.tensor(named: name))
      #expect(tensor.shape == value.shape, "\(name)")
      #expect(try tensor.array(of: Double.self) == value.values, "\(name)")
      #expect(file.entry(named: name)?.shape == value.shape)
      #expect(file.entry(named: name)?.dtype == tensor.dtype)
    }
    #expect(file.entry(named: "layer.bf16")?.format == "BF16")
    #expect(try #require(try file.tensor(named: "layer.bf16")).dtype == .bfloat16)
    #expect(try #require(try file.tensor(named: "layer.f8e5m2")).dtype == .float8e5m2)
    #expect(try file.tensor(named: "layer") == nil)
    #expect(file.entry(named: "layer") == nil)
  }

  @Test func `Tensors share the file's pages and outlive the file object`() throws {
    var file: SafeTensorsFile? = try SafeTensorsFile(path: FixtureFile.path("dtypes.safetensors"))
    let first = try #require(try file?.tensor(named: "layer.f32"))
    let second = try #require(try file?.tensor(named: "layer.f32"))
    let address = first.withUnsafeMutableBytes { UInt(bitPattern: $0.baseAddress) }
    #expect(second.withUnsafeMutableBytes { UInt(bitPattern: $0.baseAddress) } == address)
    file = nil
    #expect(try first.array(of: Float.self).count == 12)
  }

  @Test func `Values at an address that does not suit the dtype are copied`() throws {
    let scratch = try Scratch()
    let header =
      #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"#
      + #""b":{"dtype":"F32","shape":[2],"data_offsets":[1,9]}}"#
    let values: [UInt8] =
      [9] + withUnsafeBytes(of: Float(1.5), Array.init) + withUnsafeBytes(of: Float(-2), Array.init)
    let path = try scratch.write(SafeTensorsBytes.file(header: header, values: values), "x.safetensors")
    let file = try SafeTensorsFile(path: path)
    #expect(try file.tensor(named: "b")?.array(of: Float.self) == [1.5, -2])
  }

  @Test func `A missing, empty or unreadable file is named`() throws {
    let scratch = try Scratch()
    let missing = #expect(throws: FileSystemError.self) {
      _ = try SafeTensorsFile(path: scratch.file("none"))
    }
    #expect(missing?.path == scratch.file("none"))
    #expect(throws: FileSystemError.self) { _ = try SafeTensorsFile(path: scratch.path) }
    let empty = try scratch.write([], "empty.safetensors")
    let error = try formatError { _ = try SafeTensorsFile(path: empty) }
    #expect(error.kind == .truncated)
    #expect(error.file == empty)
  }
}

/// Files made by hand.
enum SafeTensorsBytes {
  static func file(header: String, values: [UInt8] = []) -> [UInt8] {
    withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian, Array.init) + Array(header.utf8) + values
  }
}
