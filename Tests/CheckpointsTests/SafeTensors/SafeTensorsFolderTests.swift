import Foundation
import Layers
import Testing
import Torch

@testable import Checkpoints

struct SafeTensorsFolderTests {
  private func copyOfSharded(_ scratch: Scratch) throws -> String {
    try FileManager.default.copyItem(atPath: FixtureFile.path("sharded"), toPath: scratch.file("model"))
    return scratch.file("model")
  }

  @Test func `Shards are one source in the order of their files`() throws {
    let folder = try SafeTensorsFolder(folder: FixtureFile.path("sharded"))
    #expect(
      folder.names == [
        "model.embed.weight", "model.layers.0.weight", "model.layers.1.weight", "lm_head.weight",
      ])
    #expect(
      try folder.tensor(named: "model.layers.1.weight")?.array(of: Float.self)
        == [Float](repeating: 2, count: 6))
    let file = folder.entry(named: "lm_head.weight")?.file
    #expect(file?.hasSuffix("model-00003-of-00003.safetensors") == true)
    #expect(try folder.tensor(named: "other") == nil)
  }

  @Test func `All missing shards are named at once`() throws {
    let scratch = try Scratch()
    let folder = try copyOfSharded(scratch)
    for number in [1, 3] {
      try FileManager.default.removeItem(atPath: "\(folder)/model-0000\(number)-of-00003.safetensors")
    }
    let error = try formatError { _ = try SafeTensorsFolder(folder: folder) }
    #expect(error.kind == .missing)
    #expect(error.item == "shards model-00001-of-00003.safetensors, model-00003-of-00003.safetensors")
    #expect(error.found == "1 of 3 files")
  }

  @Test func `A tensor that the index places in the wrong file is named`() throws {
    let scratch = try Scratch()
    let folder = try copyOfSharded(scratch)
    _ = try scratch.write(
      #"{"weight_map":{"lm_head.weight":"model-00001-of-00003.safetensors"}}"#,
      "model/model.safetensors.index.json")
    let error = try formatError { _ = try SafeTensorsFolder(folder: folder) }
    #expect(error.kind == .missing)
    #expect(error.item == "tensor 'lm_head.weight'")
  }

  @Test(arguments: [
    "[]", "{}", #"{"weight_map":{}}"#, #"{"weight_map":{"a":3}}"#, #"{"weight_map":{"a":"../secret"}}"#,
    #"{"weight_map":{"a":"/etc/passwd"}}"#, #"{"weight_map":{"a":".."}}"#,
  ])
  func `A hostile index is refused`(text: String) throws {
    let scratch = try Scratch()
    _ = try scratch.write(text, "model.safetensors.index.json")
    #expect(try formatError { _ = try SafeTensorsFolder(folder: scratch.path) }.kind == .malformed)
  }

  @Test func `A damaged shard is named`() throws {
    let scratch = try Scratch()
    let folder = try copyOfSharded(scratch)
    _ = try scratch.write([1, 2, 3], "model/model-00002-of-00003.safetensors")
    let error = try formatError { _ = try SafeTensorsFolder(folder: folder) }
    #expect(error.file == "\(folder)/model-00002-of-00003.safetensors")
    #expect(error.kind == .truncated)
  }
}
