import Testing

@testable import Tokenizers

@Suite struct BytePairModelTests {
  @Test("Merging by search and by heap give the same tokens as the definition")
  func merging() throws {
    var source = SplitMix(state: 7)
    for _ in 0..<40 {
      // Random merges over four letters; merged tokens merge on.
      var pairs = PairTable(capacity: 60)
      var table: [[Int32]: (rank: Int, id: Int32)] = [:]
      for rank in 0..<60 {
        let pair = [
          Int32.random(in: 0..<Int32(4 + rank), using: &source),
          Int32.random(in: 0..<Int32(4 + rank), using: &source),
        ]
        table[pair] = (rank, Int32(4 + rank))
        pairs.insert(pair[0], pair[1], PairTable.Merge(rank: rank, id: Int32(4 + rank)))
      }
      for length in [0, 1, 2, 3, 10, 47, 48, 49, 200] {
        let symbols = (0..<length).map { _ in Int32.random(in: 0..<4, using: &source) }
        var expected = symbols
        while true {
          let ranked = expected.indices.dropLast().compactMap { index in
            table[[expected[index], expected[index + 1]]].map { (rank: $0.rank, index: index, id: $0.id) }
          }
          guard let best = ranked.min(by: { ($0.rank, $0.index) < ($1.rank, $1.index) }) else { break }
          expected.replaceSubrange(best.index...best.index + 1, with: [best.id])
        }
        var buffer = MergeBuffer()
        for symbol in symbols { buffer.append(symbol) }
        buffer.applyMerges(pairs)
        #expect(buffer.ids == expected, "\(length) symbols")
      }
    }
  }

  @Test("A pair table finds what was put in, the last value of a pair, and nothing else")
  func pairTable() {
    var table = PairTable(capacity: 1000)
    for index in 0..<Int32(1000) { table.insert(index, index * 7 % 1000, PairTable.Merge(rank: 1, id: 0)) }
    for index in 0..<Int32(1000) {
      table.insert(index, index * 7 % 1000, PairTable.Merge(rank: Int(index), id: index))
    }
    #expect(table.count == 1000)
    for index in 0..<Int32(1000) {
      let merge = table.merge(index, index * 7 % 1000)
      #expect(merge.exists && merge.rank == UInt32(index) && merge.id == index)
      #expect(!table.merge(index, index * 7 % 1000 + 1).exists)
    }
  }

  @Test("A vocabulary tells composed letters from decomposed ones, and keeps the later of two equal tokens")
  func vocabulary() throws {
    var vocabulary = Vocabulary(capacity: 2)
    try vocabulary.insert(Array("\u{E9}".utf8), id: 5, path: "")
    try vocabulary.insert(Array("e\u{301}".utf8), id: 1, path: "")
    for id in 10..<200 { try vocabulary.insert(Array("t\(id)".utf8), id: id, path: "") }
    #expect(
      vocabulary.id(of: "\u{E9}") == 5 && vocabulary.id(of: "e\u{301}") == 1 && vocabulary.id(of: "e") == -1)
    #expect(vocabulary.id(of: "t150") == 150 && vocabulary.count == 192 && vocabulary.idBound == 200)
    try vocabulary.insert(Array("t150".utf8), id: 7, path: "")
    #expect(vocabulary.id(of: "t150") == 7 && vocabulary.bytes(of: 7).map(Array.init) == Array("t150".utf8))
    #expect(
      vocabulary.bytes(of: 8) == nil && vocabulary.bytes(of: -1) == nil
        && vocabulary.bytes(of: 1 << 30) == nil)
    #expect(throws: TokenizerError.self) { try vocabulary.insert([1], id: -1, path: "") }
    #expect(throws: TokenizerError.self) { try vocabulary.insert([1], id: Int.max, path: "") }
  }

  @Test("The byte alphabet is a bijection")
  func byteAlphabet() {
    let characters = (0...255).map { ByteAlphabet.character(of: UInt8($0)) }
    #expect(Set(characters).count == 256)
    #expect(characters.enumerated().allSatisfy { ByteAlphabet.byte(of: $1) == UInt8($0) })
    #expect(characters[0x20] == "\u{120}" && characters[0x41] == "A" && characters[0xAD] == "\u{143}")
    #expect(ByteAlphabet.byte(of: " ") == nil && ByteAlphabet.byte(of: "\u{144}") == nil)
  }

  @Test("Words are found again after more words than the cache holds")
  func cacheOverflow() throws {
    let tokenizer = try Fixture.tokenizer("smollm")
    let words = (0..<70_000).map {
      "w" + String($0 * 7919, radix: 26).map { $0.isNumber ? "q" : String($0) }.joined() + "\($0 % 10)"
    }
    let first = words.prefix(50).map { tokenizer.encode(" " + $0) }
    for start in stride(from: 0, to: words.count, by: 7000) {
      _ = tokenizer.encode(words[start..<min(start + 7000, words.count)].joined(separator: " "))
    }
    #expect(words.prefix(50).map { tokenizer.encode(" " + $0) } == first)
  }

  @Test("Calls on several threads at once give what one thread gives")
  func threads() async throws {
    let tokenizer = try Fixture.tokenizer("llama3")
    let texts = try Fixture.expectations("llama3").cases
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<4 {
        group.addTask { texts.allSatisfy { tokenizer.encode($0.text, addSpecialTokens: false) == $0.ids } }
      }
      for await isEqual in group { #expect(isEqual) }
    }
  }
}
