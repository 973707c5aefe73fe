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
