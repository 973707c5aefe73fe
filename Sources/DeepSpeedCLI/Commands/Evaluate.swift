import ArgumentParser
import Glibc
import Models
import Training

/// `deepspeed eval`: loss and perplexity of a model on a text.
struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval", abstract: "Measure a model's loss and perplexity on a text.")

  @Option(help: "The model: a Hugging Face folder, or a .gguf file.")
  var model: String

  @Option(help: "The data: .txt, .jsonl or .npy tokens.")
  var data: String

  @Option(help: "The dtype to compute in: f32, bf16 or f16.")
  var dtype: DTypeArgument = .f32

  @Option(name: .customLong("seq_len"), parsing: .unconditional,
    help: "Tokens of a sequence; 1024, or the model's length where that is less.")
  var sequenceLength: Int?

  @Flag(help: "Print the result only, as one JSON object.")
  var json = false

  func run() throws {
    try reportingFailures {
      let result = try EvaluationRun(
        model: model, data: data, dtype: dtype.dtype, sequenceLength: sequenceLength, cacheFolder: CacheFolder.tokens
      ).run()
      if !json {
        Output.write("loss \(result.loss), perplexity \(result.perplexity) over \(result.tokenCount) tokens\n")
      }
      Output.write(
        "{\"loss\":\(result.loss),\"perplexity\":\(result.perplexity),\"tokens\":\(result.tokenCount)}\n")
    }
  }
}
