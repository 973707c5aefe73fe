import Checkpoints
import Foundation
import Layers
import Models
import TestSupport
import Testing
import Tokenizers
import Torch

@testable import Pretrained

@Suite struct PretrainedModelTests {
  private static let configuration = """
    {"model_type": "llama", "vocab_size": 40, "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2,
     "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 64, "tie_word_embeddings": true,
     "eos_token_id": [1, 2]}
    """

  private func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try AtomicFile.write(Self.configuration, to: folder.path("config.json"))
    return folder
  }

  @Test func `a folder without weights starts from the seed's random ones`() throws {
    let folder = try folder()
    let origin = try PretrainedModel(path: folder.url.path)
    let first = try origin.model(seed: 5).namedParameters().map { try $0.parameter.tensor.array(of: Float.self) }
    let again = try origin.model(seed: 5).namedParameters().map { try $0.parameter.tensor.array(of: Float.self) }
    let other = try origin.model(seed: 6).namedParameters().map { try $0.parameter.tensor.array(of: Float.self) }
    #expect(first == again && first != other)
    #expect(try origin.endTokens(tokenizer: nil) == [1, 2])
  }

  @Test func `an exported model is read back with the same logits`() throws {
    let folder = try folder()
    let origin = try PretrainedModel(path: folder.url.path)
    let model = try origin.model(seed: 5)
    try ModelExport(model: model, origin: origin).write(to: folder.path("export"))
    let read = try PretrainedModel(path: folder.path("export")).model()
    let tokens = try Tensor([Int64](3..<13), shape: [1, 10])
    try withoutGradients {
      let written = try model.logits(tokens).array(of: Float.self)
      let readBack = try read.logits(tokens).array(of: Float.self)
      #expect(written == readBack)
    }
  }

  @Test func `a folder without a tokenizer says what to do`() throws {
    let folder = try folder()
    let origin = try PretrainedModel(path: folder.url.path)
    #expect(throws: PretrainedError.noTokenizer(path: folder.url.path)) { try origin.tokenizer() }
  }

  @Test func `what is neither folder nor file is refused`() {
    #expect(throws: (any Error).self) { try PretrainedModel(path: "/dev/null/model") }
    #expect(throws: (any Error).self) { try PretrainedModel(path: "/dev/null/model.gguf") }
  }
}
