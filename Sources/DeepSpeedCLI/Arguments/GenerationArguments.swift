import ArgumentParser
import Inference
import Pretrained
import Torch

/// How `generate` and `chat` choose tokens.
struct GenerationArguments: ParsableArguments {
  @Option(name: .customLong("max_new_tokens"), parsing: .unconditional, help: "New tokens at most.")
  var maximumNewTokens: Int = 128

  @Option(parsing: .unconditional, help: "Divides the logits; 0 always takes the most likely token.")
  var temperature: Double = 0

  @Option(name: .customLong("top_p"), parsing: .unconditional,
    help: "Keep the likeliest tokens that make up this probability.")
  var topP: Double = 1

  @Option(name: .customLong("top_k"), parsing: .unconditional,
    help: "Keep this many of the likeliest tokens; 0 keeps all.")
  var topK: Int = 0

  @Option(name: .customLong("repetition_penalty"), parsing: .unconditional,
    help: "Above 1: say less of what was said before.")
  var repetitionPenalty: Double = 1

  @Option(parsing: .unconditional, help: "The seed of random choices.")
  var seed: UInt64 = 0

  @Option(help: "The dtype of the weights: f32, bf16 or f16.")
  var dtype: DTypeArgument = .bf16

  func validate() throws {
    guard maximumNewTokens > 0 else {
      throw ValidationError("--max_new_tokens is \(maximumNewTokens), expected at least 1")
    }
  }

  func sampling() throws -> SamplingOptions {
    try SamplingOptions(
      temperature: temperature, topP: topP, topK: topK, repetitionPenalty: repetitionPenalty, seed: seed)
  }
}

/// The dtypes that command lines name.
enum DTypeArgument: String, ExpressibleByArgument, CaseIterable {
  case f32, bf16, f16

  /// The argument that means `dtype`; nil when none does.
  init?(_ dtype: DType) {
    guard let found = Self.allCases.first(where: { $0.dtype == dtype }) else { return nil }
    self = found
  }

  var dtype: DType {
    switch self {
    case .f32: .float32
    case .bf16: .bfloat16
    case .f16: .float16
    }
  }
}

extension TextGenerator {
  /// The model at `path`, ready to write.
  init(path: String, dtype: DType) throws {
    let origin = try PretrainedModel(path: path)
    let tokenizer = try origin.tokenizer()
    try self.init(
      model: try origin.model(dtype: dtype, sharesFilePages: true), tokenizer: tokenizer,
      endTokens: try origin.endTokens(tokenizer: tokenizer))
  }
}
