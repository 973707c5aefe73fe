import ArgumentParser
import Glibc
import Inference
import Models
import Monitoring
import Tokenizers

/// `deepspeed generate`: continues a text.
struct Generate: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Continue a text with a model.")

  @Option(help: "The model: a Hugging Face folder, or a .gguf file.")
  var model: String

  @Option(help: "The text to continue.")
  var prompt: String

  @Flag(help: "Print one JSON object: text, tokens, finish_reason, speed.")
  var json = false

  @OptionGroup var generation: GenerationArguments

  func run() throws {
    try reportingFailures {
      let sampling = try generation.sampling()
      let generator = try TextGenerator(path: model, dtype: generation.dtype.dtype)
      let prompt = generator.tokenizer.encode(prompt)
      if !json { Output.write(self.prompt) }
      let completion = try generator.complete(
        prompt: prompt, limit: generation.maximumNewTokens, sampling: sampling
      ) { piece in
        if !json { Output.write(piece) }
      }
      Output.write(json ? try Generate.object(completion).jsonText() : "\n")
    }
  }

  private static func object(_ completion: TextGenerator.Completion) -> [String: ConfigurationValue] {
    let decoded = Double(completion.tokens.count - 1)
    return [
      "text": .string(completion.text), "tokens": .array(completion.tokens.map { .integer($0) }),
      "prompt_tokens": .integer(completion.promptTokenCount),
      "completion_tokens": .integer(completion.tokens.count),
      "finish_reason": .string(completion.finishReason.rawValue),
      "time_to_first_token_seconds": .number(completion.prefillSeconds),
      "decode_tokens_per_second": .number(
        completion.decodeSeconds > 0 && decoded > 0 ? decoded / completion.decodeSeconds : 0),
    ]
  }
}

/// Standard output, unbuffered, so that text appears as it is written.
enum Output {
  static func write(_ text: String) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(1, $0.baseAddress!, $0.count) }
      if count < 0, errno != EINTR { leave(errno) }
      if count > 0 { bytes = bytes.dropFirst(count) }
    }
  }

  /// A result that nobody received must not look like success.
  private static func leave(_ code: Int32) -> Never {
    ProgressBar.writeToStandardError("deepspeed: cannot write the output: \(String(cString: strerror(code)))\n")
    exit(1)
  }
}
