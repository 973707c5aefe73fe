import Layers
import Testing
import Torch

@testable import Checkpoints

struct HuggingFaceExportTests {
  private let tensors = [
    TensorDescription(name: "model.embed", dtype: .bfloat16, shape: [4, 2]),
    TensorDescription(name: "model.norm", dtype: .float32, shape: [2]),
  ]

  @Test func `An export is read back whole`() throws {
    let scratch = try Scratch()
    let export = HuggingFaceExport(
      configuration: "{\"a\": 1}", generationConfiguration: "{\"b\": 2}",
      otherFiles: [("tokenizer.json", Array("{}".utf8)), ("notes.txt", [1])])
    let files = try export.write(to: scratch.file("model"), tensors: tensors) {
      try Tensor.full($0.shape, 2, dtype: $0.dtype)
    }
    #expect(
      Set(files.map(\.name)) == [
        "model.safetensors", "config.json", "generation_config.json", "tokenizer.json", "notes.txt",
      ])
    try ChecksumManifest(files).verify(folder: scratch.file("model"))
    let folder = try HuggingFaceFolder(path: scratch.file("model"))
    #expect(try folder.contents(of: .configuration) == Array("{\"a\": 1}".utf8))
    #expect(try folder.tokenizerFiles().map(\.name) == ["tokenizer.json"])
    let source = try #require(try folder.weightSource())
    #expect(source.entry(named: "model.embed")?.dtype == .bfloat16)
    #expect(try source.tensor(named: "model.embed")?.array(of: Float.self) == [Float](repeating: 2, count: 8))
  }

  @Test func `A failing export leaves the earlier folder and nothing else`() throws {
    struct Failure: Error {}
    let scratch = try Scratch()
    try HuggingFaceExport(configuration: "old").write(to: scratch.file("model"), tensors: tensors) {
      try Tensor.zeros($0.shape, dtype: $0.dtype)
    }
    #expect(throws: Failure.self) {
      try HuggingFaceExport(configuration: "new").write(to: scratch.file("model"), tensors: tensors) { _ in
        throw Failure()
      }
    }
    #expect(try scratch.text("model/config.json") == "old")
    #expect(try scratch.names() == ["model"])
    try HuggingFaceExport(configuration: "new").write(
      to: scratch.file("model"), tensors: tensors, maxShardBytes: 10
    ) {
      try Tensor.zeros($0.shape, dtype: $0.dtype)
    }
    #expect(try scratch.text("model/config.json") == "new")
    #expect(try HuggingFaceFolder(path: scratch.file("model")).weights == .sharded)
    #expect(try scratch.names() == ["model"])
  }
}
