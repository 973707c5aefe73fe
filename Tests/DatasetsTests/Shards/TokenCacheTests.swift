import Foundation
import Testing

@testable import Datasets

struct TokenCacheTests {
  private func counted(_ counter: Counter, identity: String = "counted") -> TextEncoding {
    var encoding = TextEncoding.bytes(identity: identity)
    encoding.encode = { text in
      counter.increase()
      return text.utf8.map(Int.init)
    }
    return encoding
  }

  /// Opens, reads all rows, and waits until the background thread has kept them.
  private func rows(_ path: String, _ encoding: TextEncoding, _ cache: String, entries: Int) throws
    -> [TokenRow]
  {
    let dataset = try Dataset(path: path, sequenceLength: 4, encoding: encoding, cacheFolder: cache)
    let rows = try (0..<dataset.rowCount()).map { try dataset.row($0) }
    for _ in 0..<500 where try kept(cache).count < entries { usleep(10_000) }
    return rows
  }

  private func kept(_ cache: String) throws -> [String] {
    guard FileManager.default.fileExists(atPath: cache) else { return [] }
    return try FileManager.default.contentsOfDirectory(atPath: cache).filter { !$0.hasSuffix(".tmp") }
  }

  @Test(arguments: [
    ("t.txt", "some text\nto keep"),
    ("s.jsonl", "{\"prompt\":\"ab\",\"completion\":\"c\"}\n{\"prompt\":\"\",\"completion\":\"de\"}"),
  ])
  func `A second start takes the tokens from the disk, unless text or tokenizer changed`(
    name: String, text: String
  ) throws {
    let scratch = try DataScratch()
    let path = try scratch.write(text, name)
    let cache = "\(scratch.path)/deep/cache"
    let counter = Counter()
    let first = try rows(path, counted(counter), cache, entries: 1)
    let calls = counter.value
    #expect(calls > 0)
    #expect(try rows(path, counted(counter), cache, entries: 1) == first)
    #expect(counter.value == calls)
    _ = try rows(path, counted(counter, identity: "other"), cache, entries: 2)
    #expect(counter.value == 2 * calls)
    _ = try scratch.write(text + "\n", name)
    #expect(try rows(path, counted(counter), cache, entries: 3).isEmpty == false)
    #expect(counter.value == 3 * calls)
  }

  @Test(arguments: ["cut", "large", "one bit"])
  func `Damaged tokens are made anew`(damage: String) throws {
    let scratch = try DataScratch()
    let path = try scratch.write("some text\nto keep", "t.txt")
    let cache = "\(scratch.path)/cache"
    let counter = Counter()
    let first = try rows(path, counted(counter), cache, entries: 1)
    let calls = counter.value
    let file = try "\(cache)/\(#require(try kept(cache).first))/tokens.npy"
    var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: file)))
    let original = bytes
    switch damage {
    case "cut": bytes.removeLast()
    case "large": bytes[bytes.count - 1] = 0xFF
    default: bytes[bytes.count - 4] ^= 1
    }
    try Data(bytes).write(to: URL(fileURLWithPath: file))
    #expect(try rows(path, counted(counter), cache, entries: 1) == first)
    #expect(counter.value == 2 * calls)
    // For an instant the old folder is gone and the new one not yet there.
    func isMended() -> Bool { (try? Data(contentsOf: URL(fileURLWithPath: file))) == Data(original) }
    for _ in 0..<500 where !isMended() { usleep(10_000) }
    #expect(try rows(path, counted(counter), cache, entries: 1) == first)
    #expect(counter.value == 2 * calls)
  }

  @Test func `A cache that cannot be written costs nothing but time`() throws {
    let scratch = try DataScratch()
    let path = try scratch.write("some text", "t.txt")
    let blocked = try scratch.write("a file", "cache")
    let dataset = try Dataset(path: path, sequenceLength: 4, encoding: .bytes(), cacheFolder: blocked)
    #expect(try dataset.rowCount() == 3)
  }
}
