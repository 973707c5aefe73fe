import Foundation
import Testing
import Torch

@testable import Datasets

struct PrefetchingLoaderTests {
  private func numbers(_ batch: Batch) throws -> [Int] {
    try batch.tokens.select(dim: 1, index: 0).array(of: Int.self)
  }

  /// The rows that all ranks take in each micro-step.
  private func taken(
    _ dataset: Dataset, microBatch: Int, worldSize: Int, microSteps: Int, seed: UInt64?
  ) throws -> [[Int]] {
    var all = [[Int]](repeating: [], count: microSteps)
    for rank in 0..<worldSize {
      let shape = BatchShape(microBatch: microBatch, worldSize: worldSize, rank: rank)
      let loader = try PrefetchingLoader(dataset: dataset, shape: shape, seed: seed)
      for step in 0..<microSteps { all[step] += try numbers(loader.next()) }
      loader.close()
    }
    return all.map { $0.sorted() }
  }

  @Test(arguments: [(1, 8, 1), (2, 2, 2), (4, 2, 1), (8, 1, 1)])
  func `Without shuffling a step takes the next G rows, modulo their number, on any number of ranks`(
    worldSize: Int, microBatch: Int, accumulation: Int
  ) throws {
    let scratch = try DataScratch()
    let dataset = try Dataset(path: scratch.writeNumberedRows(20), sequenceLength: 3, encoding: .bytes())
    let steps = try taken(
      dataset, microBatch: microBatch, worldSize: worldSize, microSteps: 4 * accumulation, seed: nil)
    for step in 0..<4 {
      let rows = steps[step * accumulation..<(step + 1) * accumulation].joined().sorted()
      #expect(rows == (step * 8..<(step + 1) * 8).map { $0 % 20 }.sorted())
    }
  }

  @Test func `Micro-steps and ranks take the rows that train_hf.py takes`() throws {
    let scratch = try DataScratch()
    let dataset = try Dataset(path: scratch.writeNumberedRows(13), sequenceLength: 3, encoding: .bytes())
    let (microBatch, accumulation, worldSize) = (3, 2, 2)
    for rank in 0..<worldSize {
      let shape = BatchShape(microBatch: microBatch, worldSize: worldSize, rank: rank)
      let loader = try PrefetchingLoader(dataset: dataset, shape: shape, seed: nil)
      for step in 0..<4 {
        for microStep in 0..<accumulation {
          let expected = (0..<microBatch).map { i in
            (step * 12 + microStep * microBatch * worldSize + i * worldSize + rank) % 13
          }
          #expect(try numbers(loader.next()) == expected)
        }
      }
    }
  }

  @Test func `With shuffling all ranks together take each row once an epoch`() throws {
    let scratch = try DataScratch()
    let dataset = try Dataset(path: scratch.writeNumberedRows(24), sequenceLength: 3, encoding: .bytes())
    let one = try taken(dataset, microBatch: 4, worldSize: 1, microSteps: 12, seed: 5)
    let two = try taken(dataset, microBatch: 2, worldSize: 2, microSteps: 12, seed: 5)
    #expect(one == two)
    #expect(one[..<6].joined().sorted() == Array(0..<24))
    #expect(one[6...].joined().sorted() == Array(0..<24))
    #expect(one[..<6] != one[6...])
  }

  @Test(arguments: [nil, 9] as [UInt64?])
  func `A resumed run continues with the very next batch, also on another number of ranks`(seed: UInt64?)
    throws
  {
    let scratch = try DataScratch()
    let dataset = try Dataset(path: scratch.writeNumberedRows(10), sequenceLength: 3, encoding: .bytes())
    let loader = try PrefetchingLoader(dataset: dataset, shape: BatchShape(microBatch: 4), seed: seed)
    for _ in 0..<4 { _ = try loader.next() }
    let position = loader.position
    #expect(position.nextSample == 16)
    #expect(position.epoch == 1)
    let expected = try (0..<3).map { _ in try numbers(loader.next()).sorted() }
    let resumed = try PrefetchingLoader(
      dataset: dataset, shape: BatchShape(microBatch: 4), seed: seed, resuming: position)
    #expect(try (0..<3).map { _ in try numbers(resumed.next()).sorted() } == expected)
    var shared = [[Int]](repeating: [], count: 3)
    for rank in 0..<2 {
      let shape = BatchShape(microBatch: 2, worldSize: 2, rank: rank)
      let part = try PrefetchingLoader(dataset: dataset, shape: shape, seed: seed, resuming: position)
      for step in 0..<3 { shared[step] += try numbers(part.next()) }
    }
    #expect(shared.map { $0.sorted() } == expected)
  }

  @Test func `A batch has int64 inputs and targets, and counts what is learnt`() throws {
    let scratch = try DataScratch()
    let text = "{\"prompt\":\"ask\",\"completion\":\"yes\"}\n{\"prompt\":\"\",\"completion\":\"no\"}"
    let dataset = try Dataset(path: scratch.write(text, "d.jsonl"), sequenceLength: 100, encoding: .bytes())
    let loader = try PrefetchingLoader(dataset: dataset, shape: BatchShape(microBatch: 2), seed: nil)
    let batch = try loader.next()
    #expect(batch.tokens.dtype == .int64)
    #expect(batch.tokens.shape == [2, 6])
    let labels = try batch.labels.array(of: Int32.self)
    #expect(spelled(Array(labels[..<6])) == "\u{B7}\u{B7}yes$")
    #expect(spelled(Array(labels[6...])) == "o$\u{B7}\u{B7}\u{B7}\u{B7}")
    #expect(try batch.tokens.array(of: Int.self)[6...] == [110, 111, 256, 256, 256, 256])
    #expect(batch.lossTokenCount == 6)
    #expect(batch.sampleRange == 0..<2)
  }

  @Test func `A fault in the middle of a file reaches the consumer`() throws {
    let scratch = try DataScratch()
    let path = try scratch.write(
      String(repeating: "{\"text\":\"abcdefgh\"}\n", count: 50) + "{\"text\":3}\n", "d.jsonl")
    let dataset = try Dataset(path: path, sequenceLength: 4, encoding: .bytes())
    let loader = try PrefetchingLoader(dataset: dataset, shape: BatchShape(microBatch: 1), seed: nil)
    let error = try datasetError { for _ in 0..<1000 { _ = try loader.next() } }
    #expect(error.place == "line 51")
  }

  @Test(.timeLimit(.minutes(1)))
  func `Training starts before the whole file is tokenised, and closing does not wait for it`() throws {
    let scratch = try DataScratch()
    let path = try scratch.write(String(repeating: "{\"text\":\"abcdefgh\"}\n", count: 4000), "d.jsonl")
    var encoding = TextEncoding.bytes()
    encoding.encode = { text in
      usleep(5000)
      return text.utf8.map(Int.init)
    }
    let clock = ContinuousClock()
    let elapsed = try clock.measure {
      let dataset = try Dataset(path: path, sequenceLength: 4, encoding: encoding)
      let loader = try PrefetchingLoader(dataset: dataset, shape: BatchShape(microBatch: 1), seed: nil)
      _ = try loader.next()
      loader.close()
      #expect(throws: CancellationError.self) { _ = try loader.next() }
      let unused = try PrefetchingLoader(dataset: dataset, shape: BatchShape(microBatch: 1), seed: 3)
      unused.close()
      #expect(throws: CancellationError.self) { _ = try unused.next() }
    }
    // Tokenising everything takes over 20 seconds.
    #expect(elapsed < .seconds(10))
  }
}
