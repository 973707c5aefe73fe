import Glibc

/// A chat template: turns a conversation into the text that a model was trained on.
///
/// Templates are written in Jinja, in the dialect and with the settings of the Hugging Face library
/// `transformers`. A template is checked when it is made, so that a mistake in it shows before the first
/// conversation does.
public struct ChatTemplate: Sendable {
  private let body: [Statement]

  /// Reads a template.
  ///
  /// - Throws: `TemplateError` of kind `syntax`, with the line and what was expected there.
  public init(_ source: String) throws(TemplateError) {
    var lexer = TemplateLexer(source)
    var parser = TemplateParser(try lexer.tokenize())
    body = try parser.parse()
  }

  /// The text of a conversation.
  ///
  /// Encode it with `addSpecialTokens: false`: the template writes the special tokens itself.
  ///
  /// - Parameters:
  ///   - messages: The conversation so far.
  ///   - tools: Descriptions of the functions that the model may call.
  ///   - addGenerationPrompt: Whether the text ends where the model's answer starts.
  ///   - variables: Further variables, such as `bos_token`; `TokenizerConfig.namedTokens` has the usual ones.
  ///   - time: Seconds since 1970 for templates that write the date; the current time where it is nil.
  /// - Throws: `TemplateError`: of kind `raised` if the template refuses the conversation, of another kind
  ///   if it cannot work with it.
  public func render(
    _ messages: [ChatMessage], tools: [TemplateValue]? = nil, addGenerationPrompt: Bool = false,
    variables: [String: TemplateValue] = [:], time: Int? = nil
  ) throws(TemplateError) -> String {
    var all = variables
    all["messages"] = .list(messages.map(\.value))
    all["tools"] = tools.map { .list($0) } ?? TemplateValue.none
    all["add_generation_prompt"] = .bool(addGenerationPrompt)
    if all["documents"] == nil { all["documents"] = TemplateValue.none }
    return try render(variables: all, time: time)
  }

  /// The text that the template makes of these variables and no others.
  public func render(variables: [String: TemplateValue], time: Int? = nil) throws(TemplateError) -> String {
    var interpreter = TemplateInterpreter(
      variables: variables.mapValues { Value($0) }, time: time ?? Int(Glibc.time(nil)))
    _ = try interpreter.run(body)
    return interpreter.output
  }
}

/// A message of a conversation.
public struct ChatMessage: Sendable, Hashable {
  /// Who speaks, and what is said, and whatever else a template asks for, as a dictionary.
  public let value: TemplateValue

  /// A message of text.
  ///
  /// - Parameters:
  ///   - role: Who speaks: `system`, `user`, `assistant`, `tool`.
  ///   - content: What is said.
  public init(role: String, content: String) { value = ["role": .string(role), "content": .string(content)] }

  /// A message with members beyond role and content, such as tool calls.
  public init(_ value: TemplateValue) { self.value = value }
}
