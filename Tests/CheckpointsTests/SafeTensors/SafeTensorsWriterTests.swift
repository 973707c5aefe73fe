import Testing
import Torch

@testable import Checkpoints

struct SafeTensorsWriterTests {
  @Test func `A file that Python wrote is reproduced byte for byte`() throws {
    let scratch = try Scratch()
    let file = try SafeTensorsFile(path: FixtureFile.path("dtypes.safetensors"))
    let tensors = try file.names.map { (name: $0, tensor: try #require(try file.tensor(named: $0))) }
    let record = try SafeTensorsWriter.write(tensors, to: scratch.file("copy.safetensors"))
    let bytes = try scratch.bytes("copy.safetensors")
    #expect(bytes == (try FixtureFile.bytes("dtypes.safetensors")))
    #expect(
      record == ChecksummedFile(name: "copy.safetensors", byteCount: bytes.count, crc32c: CRC32C.of(bytes)))
  }

  @Test func `Wider dtypes come first and every tensor is aligned`() throws {
    let scratch = try Scratch()
    let tensors: [(name: String, tensor: Tensor)] = [
      ("bytes", try Tensor([UInt8(1), 2, 3])), ("halves", try Tensor([Float(1), 2, 3]).to(.bfloat16)),
      ("floats", try Tensor([Float(1), 2])), ("more halves", try Tensor([Float(4)]).to(.float16)),
      ("transposed", try Tensor([Float(1), 2, 3, 4, 5, 6], shape: [2, 3]).transpose(0, 1)),
    ]
    try SafeTensorsWriter.write(tensors, to: scratch.file("x.safetensors"), metadata: [:])
    let file = try SafeTensorsFile(path: scratch.file("x.safetensors"))
    #expect(file.names == ["floats", "transposed", "halves", "more halves", "bytes"])
    #expect(file.header.metadata.isEmpty)
    for entry in file.header.entries { #expect(entry.byteRange.lowerBound % entry.dtype.byteCount == 0) }
    #expect(file.header.entries[0].byteRange.lowerBound % 8 == 0)
    #expect(try file.tensor(named: "transposed")?.array(of: Float.self) == [1, 4, 2, 5, 3, 6])
    #expect(try file.tensor(named: "halves")?.array(of: Float.self) == [1, 2, 3])
  }

  @Test func `Another dtype or shape than described is refused and no file appears`() throws {
    let scratch = try Scratch()
    do {
      let writer = try SafeTensorsWriter(
        path: scratch.file("x"), tensors: [TensorDescription(name: "w", dtype: .float32, shape: [2, 2])])
      let error = try formatError { try writer.append(Tensor([Float(1), 2, 3, 4])) }
      #expect(error.item == "tensor 'w'")
      #expect(error.found == "float32 of shape [4]")
      #expect(try formatError { _ = try writer.finish() }.kind == .missing)
      try writer.append(Tensor.zeros([2, 2]))
      #expect(try formatError { try writer.append(Tensor.zeros([2, 2])) }.found == "one more tensor")
    }
    #expect(try scratch.names() == [])
  }

  @Test(arguments: [["a", "a"], ["__metadata__"]])
  func `A repeated or reserved name is refused`(names: [String]) throws {
    let scratch = try Scratch()
    let tensors = names.map { TensorDescription(name: $0, dtype: .float32, shape: [1]) }
    let error = try formatError { _ = try SafeTensorsWriter(path: scratch.file("x"), tensors: tensors) }
    #expect(error.kind == .duplicate)
  }
}
