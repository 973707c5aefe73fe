import Testing
import Torch

@testable import Checkpoints

struct SafeTensorsExportTests {
  private let tensors = [
    TensorDescription(name: "a", dtype: .float32, shape: [10]),
    TensorDescription(name: "b", dtype: .bfloat16, shape: [10]),
    TensorDescription(name: "c", dtype: .float32, shape: [100]),
    TensorDescription(name: "d", dtype: .int64, shape: []),
  ]

  private func values(_ description: TensorDescription) throws -> Tensor {
    try Tensor.full(description.shape, Double(description.name.utf8.first ?? 0), dtype: description.dtype)
  }

  @Test func `Everything that fits goes into one file without an index`() throws {
    let scratch = try Scratch()
    let files = try SafeTensorsExport.write(into: scratch.path, tensors: tensors, provide: values)
    #expect(files.map(\.name) == ["model.safetensors"])
    #expect(try scratch.names() == ["model.safetensors"])
    let folder = try SafeTensorsFolder(folder: scratch.path)
    #expect(Set(folder.names) == ["a", "b", "c", "d"])
    #expect(try folder.tensor(named: "d")?.item() == 100)
  }

  @Test func `Shards hold what fits, a larger tensor has its own, and the index finds all`() throws {
    let scratch = try Scratch()
    var asked: [String] = []
    let files = try SafeTensorsExport.write(into: scratch.path, tensors: tensors, maxShardBytes: 60) {
      description in
      asked.append(description.name)
      return try values(description)
    }
    #expect(
      files.map(\.name) == [
        "model-00001-of-00003.safetensors", "model-00002-of-00003.safetensors",
        "model-00003-of-00003.safetensors",
        "model.safetensors.index.json",
      ])
    #expect(asked == ["a", "b", "c", "d"])
    let folder = try SafeTensorsFolder(folder: scratch.path)
    #expect(folder.names == ["a", "b", "c", "d"])
    for description in tensors {
      let tensor = try #require(try folder.tensor(named: description.name))
      #expect(tensor.shape == description.shape)
      #expect(try tensor.array(of: Float.self) == values(description).array(of: Float.self))
    }
    let index = try JSONReader.read(scratch.bytes("model.safetensors.index.json"), file: "index")
    #expect(index["metadata"]?["total_size"]?.integer == 40 + 20 + 400 + 8)
    try ChecksumManifest(files).verify(folder: scratch.path)
  }
}
