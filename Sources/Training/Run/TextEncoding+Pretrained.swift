import Datasets
import Models
import Pretrained
import Tokenizers

extension TextEncoding {
  /// How the model's tokenizer encodes data; token arrays need no tokenizer.
  ///
  /// - Throws: `TokenizerError`, `PretrainedError.noTokenizer(path:)`.
  init(of origin: PretrainedModel, model: CausalLanguageModel, data: String) throws {
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
      vocabularySize: vocabularySize, endToken: tokenizer.eosID, identity: TextEncoding.identity(of: try origin.tokenizerFiles().map(\.contents)), render: render
    ) { text in
      tokenizer.encode(text, addSpecialTokens: false)
    }
  }
}
