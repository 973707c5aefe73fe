import Foundation
import Synchronization
import Testing

@testable import Datasets

/// A folder of one test, removed at its end.
final class DataScratch {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appending(path: "datasets-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  func write(_ bytes: [UInt8], _ name: String) throws -> String {
    let file = "\(path)/\(name)"
    try Data(bytes).write(to: URL(fileURLWithPath: file))
    return file
  }

  func write(_ text: String, _ name: String) throws -> String {
    try write(Array(text.utf8), name)
  }

  /// A two-dimensional array of 32-bit ids.
  func writeRows(_ rows: [[Int32]], _ name: String = "rows.npy") throws -> String {
    let header = NumpyHeader.bytes(element: .int32, shape: [rows.count, rows.first?.count ?? 0])
    return try write(
      header + rows.joined().flatMap { withUnsafeBytes(of: $0.littleEndian, Array.init) }, name)
  }

  /// Row `i` holds `i` at every place.
  func writeNumberedRows(_ count: Int) throws -> String {
    try writeRows((0..<count).map { [Int32](repeating: Int32($0), count: 3) })
  }
}

/// The files that `tools/golden/files.py` made.
func fixturePath(_ name: String) throws -> String {
  try #require(Bundle.module.url(forResource: "Fixtures", withExtension: nil)).appending(path: name).path
}

extension TextEncoding {
  /// Every byte is a token; 256 ends a document.
  static func bytes(
    vocabularySize: Int = 300, beginToken: Int? = nil, endToken: Int? = 256, identity: String = "bytes"
  ) -> TextEncoding {
    TextEncoding(
      vocabularySize: vocabularySize, beginToken: beginToken, endToken: endToken, identity: identity
    ) { text in
      text.utf8.map(Int.init)
    }
  }

  /// Bytes, with a chat template that writes `<role>content.` for each turn.
  static var chat: TextEncoding {
    var encoding = TextEncoding.bytes(endToken: nil)
    encoding.render = { messages, addsGenerationPrompt in
      messages.map { "<\($0.role)>\($0.content)." }.joined() + (addsGenerationPrompt ? "<assistant>" : "")
    }
    return encoding
  }
}

/// A count that closures on other threads raise.
final class Counter: Sendable {
  private let count = Atomic<Int>(0)
  var value: Int { count.load(ordering: .sequentiallyConsistent) }
  func increase() { count.add(1, ordering: .sequentiallyConsistent) }
}

/// The error of a body that must throw one of this module's errors.
func datasetError(_ body: () throws -> Void, sourceLocation: SourceLocation = #_sourceLocation) throws
  -> DatasetError
{
  let error = #expect(throws: DatasetError.self, sourceLocation: sourceLocation) { try body() }
  return try #require(error, sourceLocation: sourceLocation)
}

/// The text that labels of a byte-tokenised row spell, a dot in the middle for what is not learnt.
func spelled(_ labels: [Int32]) -> String {
  labels.map { label in
    label == TokenRow.ignoredLabel ? "\u{B7}" : label == 256 ? "$" : String(UnicodeScalar(UInt8(label)))
  }.joined()
}
