import Foundation
import Testing

@testable import Tokenizers

/// The files that `tools/golden` made.
enum Fixture {
  static func bytes(_ name: String) throws -> [UInt8] {
    let folder = try #require(Bundle.module.url(forResource: "Fixtures", withExtension: nil))
    return [UInt8](try Data(contentsOf: folder.appending(path: name)))
  }

  static func tokenizer(_ name: String) throws -> Tokenizer {
    try Tokenizer(json: bytes("\(name).tokenizer.json"))
  }

  static func expectations(_ name: String) throws -> TokenizerExpectations {
    try JSONDecoder().decode(TokenizerExpectations.self, from: Data(bytes("\(name).expected.json")))
  }
}

/// What the reference made of a list of texts.
struct TokenizerExpectations: Decodable {
  struct Case: Decodable {
    let text: String
    let ids: [Int]
    /// What the ids decode to, where that is not the text.
    let decoded: String?
  }

  /// A text, and its ids with the special tokens around it.
  let sample: String
  let withSpecial: [Int]
  let cases: [Case]
}

/// A SentencePiece vocabulary, and what its own library makes of a list of texts.
struct SentencePieceExpectations: Decodable {
  let tokens: [String]
  let scores: [Float]
  let types: [Int]
  let cases: [TokenizerExpectations.Case]
}

extension Fixture {
  static func sentencePiece() throws -> SentencePieceExpectations {
    try JSONDecoder().decode(SentencePieceExpectations.self, from: Data(bytes("sentencepiece.expected.json")))
  }
}

extension Fixture {
  /// The sample model, if it is on this machine.
  static let sampleModelPath: String? = {
    let environment = ProcessInfo.processInfo.environment
    let cache = environment["DEEPSPEED_CACHE"] ?? "\(environment["HOME"] ?? "")/.cache/deepspeed-swift"
    let candidates = [
      environment["DEEPSPEED_SAMPLE_MODEL"], "\(cache)/models/SmolLM2-135M-Instruct.Q4_1.gguf",
    ]
    return candidates.compactMap { $0 }.first {
      FileManager.default.fileExists(atPath: $0) && $0.hasSuffix(".gguf")
    }
  }()
}
