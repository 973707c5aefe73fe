import Testing
import Torch

@testable import Datasets

struct DropLastTests {
  private func rows(_ count: Int, multiple: Int, seed: UInt64?, samples: Int) throws -> [Int] {
    let scratch = try DataScratch()
    let dataset = try Dataset(path: scratch.writeNumberedRows(count), sequenceLength: 3, encoding: .bytes())
    var order = SampleOrder(seed: seed, multiple: multiple, window: 4)
    return try (0..<samples).map { try order.row(ofSample: $0, in: dataset, unless: Cancellation()).row }
  }

  @Test func `Rows behind the last whole batch are left out of every epoch`() throws {
    #expect(try rows(7, multiple: 3, seed: nil, samples: 9) == [0, 1, 2, 3, 4, 5, 0, 1, 2])
    #expect(try rows(7, multiple: 1, seed: nil, samples: 9) == [0, 1, 2, 3, 4, 5, 6, 0, 1])
    #expect(try rows(6, multiple: 3, seed: nil, samples: 8) == [0, 1, 2, 3, 4, 5, 0, 1])
  }

  @Test func `With shuffling an epoch has each row at most once`() throws {
    let taken = try rows(11, multiple: 4, seed: 3, samples: 24)
    for epoch in 0..<3 { #expect(Set(taken[epoch * 8..<epoch * 8 + 8]).count == 8) }
  }

  @Test func `Fewer rows than a batch are an error, not an endless search`() throws {
    let error = #expect(throws: DatasetError.self) { try rows(2, multiple: 3, seed: nil, samples: 1) }
    #expect(error.map { "\($0)" }?.contains("2 rows, which fill no batch of 3") == true)
  }

  @Test func `The loader leaves them out`() throws {
    let scratch = try DataScratch()
    let dataset = try Dataset(path: scratch.writeNumberedRows(5), sequenceLength: 3, encoding: .bytes())
    let loader = try PrefetchingLoader(
      dataset: dataset, shape: BatchShape(microBatch: 2), seed: nil, epochMultiple: 4)
    let taken = try (0..<4).map { _ in try loader.next().tokens.select(dim: 1, index: 0).array(of: Int.self) }
    loader.close()
    #expect(taken == [[0, 1], [2, 3], [0, 1], [2, 3]])
  }
}
