/// Turns lines of a `.jsonl` file into tokens with marks on those that are learnt.
struct SampleTokens {
  let encoding: TextEncoding
  let file: String
  /// Tokens of a row; a sample has one more, since each token predicts the next.
  let sequenceLength: Int

  /// A document's tokens between begin and end token.
  ///
  /// - Throws: `DatasetError`, what the tokenizer throws.
  func document(_ text: String, place: String) throws -> TokenBuffer.Piece {
    TokenBuffer.Piece(
      tokens: encoding.prefix + (try encoding.tokens(text, file: file, place: place)) + encoding.suffix)
  }

  /// A prompt's tokens, not learnt, and a completion's with the end token, learnt.
  ///
  /// - Throws: `DatasetError`, what the tokenizer throws.
  func completion(prompt: String, completion: String, place: String) throws -> TokenBuffer.Piece? {
    let asked = encoding.prefix + (try encoding.tokens(prompt, file: file, place: place))
    let answer = try encoding.tokens(completion, file: file, place: place) + encoding.suffix
    let loss = [UInt8](repeating: 0, count: asked.count) + [UInt8](repeating: 1, count: answer.count)
    return sample(asked + answer, loss)
  }

  /// A conversation's tokens by the chat template, the assistant's turns learnt with what closes them.
  ///
  /// The turns are found by rendering the conversation up to each of them: the tokens that the whole shares
  /// with that beginning come before the turn.
  ///
  /// - Throws: `DatasetError`, what template and tokenizer throw.
  func conversation(_ messages: [ChatMessage], place: String) throws -> TokenBuffer.Piece? {
    guard let render = encoding.render else {
      throw DatasetError(
        .unsupported, file: file, place: place, found: "messages for a model without a chat template",
        expected: "\"prompt\" and \"completion\", or a model with a chat template")
    }
    let whole = try encoding.tokens(render(messages, false), file: file, place: place)
    var loss = [UInt8](repeating: 0, count: whole.count)
    for (index, message) in messages.enumerated() where message.isAnswer {
      let before = try render(Array(messages[..<index]), true)
      let through = try render(Array(messages[...index]), false)
      let start = sharedCount(whole, try encoding.tokens(before, file: file, place: place))
      let end = sharedCount(whole, try encoding.tokens(through, file: file, place: place))
      for token in start..<max(start, end) { loss[token] = 1 }
    }
    return sample(whole, loss)
  }

  private func sharedCount(_ first: [Int32], _ second: [Int32]) -> Int {
    zip(first, second).prefix { $0 == $1 }.count
  }

  /// Cuts a sample to a row's length; nil if nothing is left to learn.
  private func sample(_ tokens: [Int32], _ loss: [UInt8]) -> TokenBuffer.Piece? {
    let count = min(tokens.count, sequenceLength + 1)
    // The first token is never predicted.
    guard loss[..<count].dropFirst().contains(1) else { return nil }
    return TokenBuffer.Piece(
      tokens: Array(tokens[..<count]), loss: Array(loss[..<count]), isSampleEnd: true,
      isCut: count < tokens.count)
  }
}
