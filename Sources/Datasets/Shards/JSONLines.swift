import FoundationEssentials

/// One line of a `.jsonl` file.
enum JSONLine: Equatable {
  /// `{"text": ...}`: a document, every token of which is learnt.
  case document(String)
  /// `{"prompt": ..., "completion": ...}`: the completion is learnt.
  case completion(prompt: String, completion: String)
  /// `{"messages": [{"role": ..., "content": ...}, ...]}`: the assistant's turns are learnt.
  case conversation([ChatMessage])

  /// The kind's name, for messages.
  var kindName: String {
    switch self {
    case .document: "text"
    case .completion: "prompt and completion"
    case .conversation: "messages"
    }
  }

  /// True for the kinds that make one row each.
  var isSample: Bool {
    if case .document = self { false } else { true }
  }
}

/// Reads a `.jsonl` file line by line.
struct JSONLines {
  private let bytes: UnsafeRawBufferPointer
  private let file: String
  private var position = 0
  private var kindName: String?
  private let decoder = JSONDecoder()
  /// The number of the line that `next` returned last, from 1.
  private(set) var lineNumber = 0

  init(_ bytes: UnsafeRawBufferPointer, file: String) {
    self.bytes = bytes
    self.file = file
  }

  /// The place of the last line, for errors.
  var place: String { "line \(lineNumber)" }

  /// The next line that is not blank, nil at the end.
  ///
  /// - Throws: `DatasetError` with the line's number.
  mutating func next() throws -> JSONLine? {
    while position < bytes.count {
      let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
      let range = position..<end
      position = end + 1
      lineNumber += 1
      if bytes[range].allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
      let line = try parse(UnsafeRawBufferPointer(rebasing: bytes[range]), offset: range.lowerBound)
      guard kindName ?? line.kindName == line.kindName else {
        throw DatasetError(
          .malformed, file: file, place: place, found: line.kindName,
          expected: "\(kindName ?? ""), as in the lines before")
      }
      kindName = line.kindName
      return line
    }
    return nil
  }

  private struct Fields: Decodable {
    var text: String?
    var prompt: String?
    var completion: String?
    var messages: [ChatMessage]?
  }

  private func parse(_ line: UnsafeRawBufferPointer, offset: Int) throws -> JSONLine {
    _ = try UTF8Check.text(line, file: file, offset: offset)
    let fields: Fields
    do {
      fields = try decoder.decode(Fields.self, from: Data(line))
    } catch let error as DecodingError {
      throw Self.fault(error, file: file, place: place)
    }
    if let messages = fields.messages {
      guard messages.contains(where: \.isAnswer) else {
        throw DatasetError(
          .malformed, file: file, place: place, found: "messages without one of the role 'assistant'",
          expected: "at least one answer to learn")
      }
      return .conversation(messages)
    }
    if let prompt = fields.prompt, let completion = fields.completion {
      return .completion(prompt: prompt, completion: completion)
    }
    if let text = fields.text { return .document(text) }
    throw DatasetError(
      .malformed, file: file, place: place, found: "an object without the keys that are looked for",
      expected: "\"text\", or \"prompt\" and \"completion\", or \"messages\"")
  }

  private static func fault(_ error: DecodingError, file: String, place: String) -> DatasetError {
    func path(_ keys: [any CodingKey]) -> String {
      keys.reduce("") { text, key in
        if let index = key.intValue { return text + "[\(index)]" }
        return text.isEmpty ? key.stringValue : text + "." + key.stringValue
      }
    }
    let format =
      "{\"text\": \"...\"}, {\"prompt\": \"...\", \"completion\": \"...\"} or {\"messages\": [...]}"
    switch error {
    case .typeMismatch(let type, let context) where !context.codingPath.isEmpty:
      return DatasetError(
        .malformed, file: file, place: place, found: "another type at '\(path(context.codingPath))'",
        expected: type == String.self ? "a text" : type == [Any].self ? "an array" : "an object")
    case .keyNotFound(let key, let context):
      return DatasetError(
        .malformed, file: file, place: place,
        found: "no '\(key.stringValue)' in '\(path(context.codingPath))'",
        expected: "role and content in every message")
    case .valueNotFound(_, let context):
      return DatasetError(
        .malformed, file: file, place: place, found: "null at '\(path(context.codingPath))'",
        expected: "a text")
    case .typeMismatch, .dataCorrupted:
      return DatasetError(
        .malformed, file: file, place: place, found: "no JSON object",
        expected: "one object a line: \(format)")
    @unknown default:
      return DatasetError(.malformed, file: file, place: place, found: "\(error)", expected: format)
    }
  }
}
