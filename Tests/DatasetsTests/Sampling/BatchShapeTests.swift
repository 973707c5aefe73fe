import Testing

@testable import Datasets

struct BatchShapeTests {
  @Test(arguments: [(1, 12, 1), (2, 3, 2), (4, 3, 1), (3, 1, 4), (1, 1, 12)])
  func `A step takes the same samples whatever the ranks and micro-batches`(
    worldSize: Int, microBatch: Int, accumulation: Int
  ) {
    let size = worldSize * microBatch * accumulation
    for step in 0..<3 {
      var taken: [Int] = []
      for microStep in 0..<accumulation {
        for rank in 0..<worldSize {
          let shape = BatchShape(microBatch: microBatch, worldSize: worldSize, rank: rank)
          taken += shape.samples(from: step * size + microStep * shape.samplesPerMicroStep)
        }
      }
      #expect(taken.sorted() == Array(step * 12..<(step + 1) * 12))
    }
  }

  @Test func `Ranks take turns within a micro-step`() {
    #expect(BatchShape(microBatch: 3, worldSize: 2, rank: 1).samples(from: 12) == [13, 15, 17])
    #expect(BatchShape(microBatch: 2).samples(from: 4) == [4, 5])
  }
}
