import ArgumentParser
import Checkpoints
import Pretrained
import Training

/// `deepspeed zero-to-fp32`: one f32 model out of a training checkpoint's partitions.
struct ZeroToFP32: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "zero-to-fp32", abstract: "Write the f32 weights of a training checkpoint as a Hugging Face folder.",
    discussion: "The model's config.json comes from --model, or from the folder 'model' beside the checkpoint.")

  @Argument(help: "The folder of checkpoints (with 'latest').")
  var checkpointFolder: String

  @Argument(help: "The folder to write.")
  var outputFolder: String

  @Option(name: .shortAndLong, help: "The checkpoint's tag; the latest by default.")
  var tag: String?

  @Option(help: "The model that was trained, for its config and tokenizer.")
  var model: String?

  @Option(name: .customLong("max_shard_size"), parsing: .unconditional,
    help: "The size of a weight file at most, such as 5GB.")
  var maxShardSize: String = "5GB"

  @Flag(name: .customLong("exclude_frozen_parameters"), help: "Leave out parameters that were not trained.")
  var excludesFrozen = false

  @Flag(name: .customLong("safe_serialization"),
    help: "Accepted for compatibility: safetensors is what is written.")
  var safeSerialization = false

  func run() throws {
    try reportingFailures {
      try CheckpointConsolidation(
        directory: checkpointFolder, tag: tag, model: model ?? "\(checkpointFolder)/model",
        maxShardBytes: try ByteSize.parse(maxShardSize, option: "--max_shard_size"), excludesFrozen: excludesFrozen
      ).write(to: outputFolder)
      Output.write("wrote \(outputFolder)\n")
    }
  }
}
