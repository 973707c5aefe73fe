import ArgumentParser
import Glibc
import Inference
import Pretrained
import Tokenizers

/// `deepspeed chat`: a conversation in the terminal.
struct Chat: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Talk to a chat model.",
    discussion: "An empty line or Ctrl-D ends the conversation; /reset begins a new one.")

  @Option(help: "The model: a Hugging Face folder, or a .gguf file.")
  var model: String

  @Option(help: "What the model is told about its role.")
  var system: String?

  @OptionGroup var generation: GenerationArguments

  func run() throws {
    try reportingFailures {
      let origin = try PretrainedModel(path: model)
      guard let (text, tokens) = try origin.chatTemplate() else {
        throw PretrainedError.noChatTemplate(path: model)
      }
      let template = try ChatTemplate(text)
      let variables = tokens.mapValues { TemplateValue.string($0) }
      let generator = try TextGenerator(path: model, dtype: generation.dtype.dtype)
      var messages = opening
      while let line = prompt(), !line.isEmpty {
        if line == "/reset" {
          messages = opening
          continue
        }
        messages.append(ChatMessage(role: "user", content: line))
        let rendered = try template.render(messages, addGenerationPrompt: true, variables: variables)
        let completion = try generator.complete(
          prompt: generator.tokenizer.encode(rendered, addSpecialTokens: false),
          limit: generation.maximumNewTokens, sampling: try generation.sampling()
        ) { Output.write($0) }
        Output.write("\n")
        messages.append(ChatMessage(role: "assistant", content: completion.text))
      }
    }
  }

  private var opening: [ChatMessage] { system.map { [ChatMessage(role: "system", content: $0)] } ?? [] }

  /// The next line of the user; the prompt is shown to people only.
  private func prompt() -> String? {
    if isatty(0) == 1 { Output.write("> ") }
    return readLine()
  }
}
