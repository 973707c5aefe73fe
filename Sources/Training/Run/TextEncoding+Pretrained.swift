public import Datasets
public import Models
public import Pretrained
import Tokenizers

extension TextEncoding {
  /// How a model's own tokenizer and chat template encode a data file; token arrays need neither.
  ///
  /// - Parameters:
  ///   - origin: where the model came from: the Hugging Face folder or GGUF file with its tokenizer.
  ///   - model: the model that will read the tokens; ids at or above its vocabulary size are refused.
  ///   - data: the data file's path; its ending says what is needed: `.txt`, `.jsonl` or `.npy`.
  /// - Throws: `DatasetError` for another ending, `PretrainedError.noTokenizer(path:)`, `TokenizerError`,
  ///   `ChatTemplateError`.
  public init(of origin: PretrainedModel, model: CausalLanguageModel, data: String) throws {
    let vocabularySize = model.shape.vocabularySize
    if data.hasSuffix(".npy") {
      self.init(vocabularySize: vocabularySize, endToken: nil, identity: "arrays") { _ in [] }
      return
    }
    guard [".txt", ".jsonl"].contains(where: data.hasSuffix) else {
      throw DatasetError(
        .unsupported, file: data, found: "a file of another kind", expected: "a name ending in .txt, .jsonl or .npy")
    }
    let tokenizer = try origin.tokenizer()
    var render: (@Sendable ([Datasets.ChatMessage], Bool) throws -> String)?
    if let (text, tokens) = try origin.chatTemplate() {
      let template = try ChatTemplate(text)
      render = { messages, addsPrompt in
        try template.render(
          messages.map { Tokenizers.ChatMessage(role: $0.role, content: $0.content) }, addGenerationPrompt: addsPrompt,
          variables: tokens.mapValues { .string($0) })
      }
    }
    self.init(
      vocabularySize: vocabularySize, endToken: tokenizer.eosID,
      identity: TextEncoding.identity(of: try origin.tokenizerFiles().map(\.contents)), render: render
    ) { text in
      tokenizer.encode(text, addSpecialTokens: false)
    }
  }
}
