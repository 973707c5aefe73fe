import Foundation
import Testing
import Torch

@testable import Checkpoints

struct HuggingFaceFolderTests {
  @Test func `A folder with only a configuration has no weights`() throws {
    let scratch = try Scratch()
    _ = try scratch.write("{\"model_type\": \"llama\"}", "config.json")
    let folder = try HuggingFaceFolder(path: scratch.path)
    #expect(folder.weights == .none)
    #expect(try folder.weightSource() == nil)
    #expect(try folder.contents(of: .configuration) == Array("{\"model_type\": \"llama\"}".utf8))
    #expect(try folder.contents(of: .generationConfiguration) == nil)
    #expect(try folder.tokenizerFiles().isEmpty)
  }

  @Test func `Single files and shards are told apart`() throws {
    let scratch = try Scratch()
    _ = try scratch.write("{}", "config.json")
    try SafeTensorsWriter.write([("w", try Tensor([Float(3)]))], to: scratch.file("model.safetensors"))
    #expect(try HuggingFaceFolder(path: scratch.path).weights == .single)
    #expect(try HuggingFaceFolder(path: scratch.path).weightSource()?.tensor(named: "w")?.item() == 3)
    for name in try FileManager.default.contentsOfDirectory(atPath: FixtureFile.path("sharded")) {
      try FileManager.default.copyItem(
        atPath: FixtureFile.path("sharded/\(name)"), toPath: scratch.file(name))
    }
    let folder = try HuggingFaceFolder(path: scratch.path)
    #expect(folder.weights == .sharded)
    #expect(try folder.weightSource()?.names.count == 4)
  }

  @Test func `A folder without configuration, or that is none, is refused`() throws {
    let scratch = try Scratch()
    #expect(try formatError { _ = try HuggingFaceFolder(path: scratch.path) }.item == "config.json")
    #expect(throws: FileSystemError.self) { _ = try HuggingFaceFolder(path: scratch.file("none")) }
  }

  @Test(arguments: [
    ("pytorch_model.bin", FileFormatError.Kind.unsupported), ("consolidated.00.pth", .unsupported),
    ("model-00001-of-00002.safetensors", .missing),
  ])
  func `Weights that would be passed over are an error, not a random model`(
    name: String, kind: FileFormatError.Kind
  ) throws {
    let scratch = try Scratch()
    _ = try scratch.write("{}", "config.json")
    _ = try scratch.write("x", name)
    let error = try formatError { _ = try HuggingFaceFolder(path: scratch.path) }
    #expect(error.kind == kind)
    #expect(error.item == name)
  }
}
