import Foundation
import Testing

@testable import Datasets

struct DataPositionTests {
  @Test func `A position survives being saved`() throws {
    var position = DataPosition(seed: .max, fingerprint: "f")
    position.nextSample = 123
    position.epoch = 4
    let data = try JSONEncoder().encode(position)
    #expect(try JSONDecoder().decode(DataPosition.self, from: data) == position)
  }

  @Test func `Other data or another seed is refused`() throws {
    let scratch = try DataScratch()
    let dataset = try Dataset(path: scratch.writeNumberedRows(4), sequenceLength: 3, encoding: .bytes())
    let position = DataPosition(seed: 3, fingerprint: dataset.fingerprint)
    try position.check(dataset: dataset, seed: 3)
    let seed = try datasetError { try position.check(dataset: dataset, seed: nil) }
    #expect(seed.kind == .changedData)
    #expect(
      seed.description.hasSuffix("found no shuffling, expected shuffling with seed 3, as in the checkpoint"))
    let other = try Dataset(path: scratch.writeNumberedRows(5), sequenceLength: 3, encoding: .bytes())
    #expect(try datasetError { try position.check(dataset: other, seed: 3) }.kind == .changedData)
    #expect(throws: DatasetError.self) {
      _ = try PrefetchingLoader(dataset: other, shape: BatchShape(microBatch: 1), seed: 3, resuming: position)
    }
  }
}
