import Testing

@testable import Datasets

struct SampleOrderTests {
  private func rows(_ samples: Range<Int>, seed: UInt64?, of count: Int, window: Int = 8192) throws -> [Int] {
    let scratch = try DataScratch()
    let dataset = try Dataset(path: scratch.writeNumberedRows(count), sequenceLength: 3, encoding: .bytes())
    var order = SampleOrder(seed: seed, window: window)
    return try samples.map { try order.row(ofSample: $0, in: dataset, unless: Cancellation()).row }
  }

  @Test func `Without a seed samples are rows in order, over and over`() throws {
    #expect(try rows(0..<8, seed: nil, of: 3) == [0, 1, 2, 0, 1, 2, 0, 1])
  }

  @Test(arguments: [1, 2, 3, 10, 250], [4, 8192])
  func `Every epoch takes each row once, each in another order`(count: Int, window: Int) throws {
    let all = try rows(0..<3 * count, seed: 7, of: count, window: window)
    let epochs = (0..<3).map { Array(all[$0 * count..<($0 + 1) * count]) }
    for epoch in epochs { #expect(epoch.sorted() == Array(0..<count)) }
    if count == 250 {
      #expect(Set(epochs).count == 3)
      #expect(epochs.allSatisfy { $0 != Array(0..<count) })
    }
  }

  @Test func `The first epoch stays within its windows, later ones do not`() throws {
    let all = try rows(0..<200, seed: 3, of: 100, window: 8)
    for start in stride(from: 0, to: 100, by: 8) {
      let end = min(start + 8, 100)
      #expect(all[start..<end].sorted() == Array(start..<end))
    }
    #expect(all[100..<108].contains { $0 >= 8 })
  }

  @Test func `The order depends on the seed only, wherever one begins`() throws {
    let whole = try rows(0..<100, seed: 3, of: 40, window: 16)
    #expect(try rows(57..<100, seed: 3, of: 40, window: 16) == Array(whole[57...]))
    #expect(try rows(0..<100, seed: 4, of: 40, window: 16) != whole)
  }

  @Test func `The order of a seed does not change from version to version`() throws {
    // A resumed run continues an order that an earlier version began. Computed apart, in Python.
    #expect(try rows(0..<10, seed: 42, of: 10) == [9, 1, 5, 7, 0, 8, 3, 4, 6, 2])
  }

  @Test func `Shuffling favours no place`() {
    var counts = [[Int]](repeating: [Int](repeating: 0, count: 5), count: 5)
    for key in 0..<5000 {
      let shuffled = ShuffledIndices(count: 5, key: ContentHash.mixed(UInt64(key)))
      for place in 0..<5 { counts[place][shuffled[place]] += 1 }
    }
    // Standard deviation 28: five of them.
    for row in counts { for count in row { #expect(abs(count - 1000) < 140) } }
  }
}
