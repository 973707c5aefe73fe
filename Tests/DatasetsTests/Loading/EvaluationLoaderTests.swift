import Testing
import Torch

@testable import Datasets

struct EvaluationLoaderTests {
  private func batches(_ dataset: Dataset, _ shape: BatchShape) throws -> [[Int]] {
    var loader = EvaluationLoader(dataset: dataset, shape: shape)
    var all: [[Int]] = []
    while let batch = try loader.next() {
      all.append(try batch.tokens.select(dim: 1, index: 0).array(of: Int.self))
    }
    return all
  }

  @Test func `Every row comes once and in order, the last batch smaller`() throws {
    let scratch = try DataScratch()
    let dataset = try Dataset(path: scratch.writeNumberedRows(5), sequenceLength: 3, encoding: .bytes())
    #expect(try batches(dataset, BatchShape(microBatch: 2)) == [[0, 1], [2, 3], [4]])
    #expect(try batches(dataset, BatchShape(microBatch: 2, worldSize: 2, rank: 0)) == [[0, 2], [4]])
    #expect(try batches(dataset, BatchShape(microBatch: 2, worldSize: 2, rank: 1)) == [[1, 3]])
  }

  @Test func `All tokens of a text but the first count for its perplexity`() throws {
    let scratch = try DataScratch()
    let text = "a text of some length\nwith two lines"
    let dataset = try Dataset(
      path: scratch.write(text, "t.txt"), sequenceLength: 8, encoding: .bytes(endToken: nil))
    var loader = EvaluationLoader(dataset: dataset, shape: BatchShape(microBatch: 3))
    var count = 0
    while let batch = try loader.next() { count += batch.lossTokenCount }
    #expect(count == text.utf8.count - 1)
  }
}
