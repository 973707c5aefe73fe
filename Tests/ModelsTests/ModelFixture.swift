import Checkpoints
import Foundation
import Layers
import Models
import Testing
import Torch

/// One of the folders that tools/golden/models.py made with transformers.
struct ModelFixture {
  let name: String

  static let names = [
    "gpt2", "gpt2-untied", "llama", "llama3", "llama-linear", "llama-dynamic", "llama-yarn", "mistral",
    "qwen2", "qwen3",
  ]

  var folder: String { Bundle.module.bundleURL.appendingPathComponent("Fixtures/\(name)").path }

  func configuration() throws -> [String: ConfigurationValue] {
    let file = "\(folder)/config.json"
    return try [String: ConfigurationValue](
      json: Array(Data(contentsOf: URL(fileURLWithPath: file))), file: file)
  }

  /// The model with its weights, ready for inference.
  func model(dtype: DType = .float32) throws -> CausalLanguageModel {
    let model = try ModelFactory.model(configuration(), file: "\(folder)/config.json")
    let source = try SafeTensorsFolder(folder: folder)
    try model.materialize(with: WeightSourceInitializer(source, map: model.weightMap, dtype: dtype))
    try model.setTraining(false)
    return model
  }

  /// `tokens [B, T]`, `logits [B, T, V]` and `loss` as transformers computed them.
  func expected(_ tensor: String) throws -> Tensor {
    let file = try SafeTensorsFile(path: "\(folder)/expected.safetensors")
    return try #require(try file.tensor(named: tensor))
  }
}

/// The largest absolute difference of two tensors of one shape.
func largestDifference(_ left: Tensor, _ right: Tensor) throws -> Double {
  #expect(left.shape == right.shape)
  return try left.detached().to(.float64).sub(right.detached().to(.float64)).abs().max().item()
}

/// Labels that make each token the target of the position before it; the last position does not count.
func shiftedLabels(_ tokens: Tensor) throws -> Tensor {
  let length = tokens.size(1)
  let next = try tokens.narrow(dim: 1, start: 1, length: length - 1)
  let none = try Tensor.full([tokens.size(0), 1], -100, dtype: .int64)
  return try Tensor.cat([next, none], dim: 1)
}
