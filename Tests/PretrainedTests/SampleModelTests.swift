import Checkpoints
import Foundation
import Layers
import Models
import Testing
import TestSupport
import Torch

@testable import Pretrained

/// What tools/golden/smollm2.py got from transformers for the sample model, at some ids of the vocabulary.
private struct Expected {
  let tokens: Tensor
  let vocabulary: Tensor
  let logits: Tensor
  let logSumExp: Tensor
  let argmax: Tensor

  init() throws {
    let url = Bundle.module.bundleURL.appendingPathComponent("Fixtures/smollm2.safetensors")
    let file = try SafeTensorsFile(path: url.path)
    func tensor(_ name: String) throws -> Tensor { try #require(try file.tensor(named: name), "no \(name)") }
    tokens = try tensor("tokens")
    vocabulary = try tensor("vocabulary")
    logits = try tensor("logits")
    logSumExp = try tensor("log_sum_exp")
    argmax = try tensor("argmax")
  }
}

@Suite(.enabled(if: sampleModelPath != nil, "the sample model is not there: run scripts/bootstrap"))
struct SampleModelTests {
  @Test func `SmolLM2's logits are those of transformers within 1e-4`() throws {
    let expected = try Expected()
    let model = try PretrainedModel(path: #require(sampleModelPath)).model(dtype: .float32)
    try model.setTraining(false)
    try withoutGradients {
      let logits = try model.logits(expected.tokens.reshape([1, -1])).squeeze(dim: 0)
      #expect(logits.shape == [expected.tokens.elementCount, 49_152])
      let some = try logits.indexSelect(dim: 1, index: expected.vocabulary)
      try expectClose(some, expected.logits, Tolerance(relative: 0, absolute: 1e-4))
      try expectClose(logits.logsumexp(dim: 1), expected.logSumExp, Tolerance(relative: 0, absolute: 1e-4))
      #expect(try logits.argmax(dim: 1).array(of: Int.self) == expected.argmax.array(of: Int.self))
    }
  }
}

/// The file that scripts/bootstrap fetches and scripts/test names.
private let sampleModelPath = ProcessInfo.processInfo.environment["DEEPSPEED_SAMPLE_MODEL"].flatMap {
  FileManager.default.fileExists(atPath: $0) ? $0 : nil
}
