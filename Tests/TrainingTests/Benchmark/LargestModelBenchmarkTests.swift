import Testing

@testable import Training

@Suite struct LargestModelBenchmarkTests {
  @Test(arguments: [1, 2, 3, 7, 40, 100, 101, 400], [1, 5, 90, 100, 110, 1000])
  func `the largest that fits is found from any guess, with few questions`(largest: Int, guess: Int) {
    var asked: [Int] = []
    let found = LargestModelBenchmark.largest(near: guess) { number in
      asked.append(number)
      return number <= largest
    }
    #expect(found == largest)
    #expect(asked.allSatisfy { $0 > 0 } && Set(asked).count == asked.count)
    #expect(asked.last { $0 <= largest } == largest)
    #expect(asked.count <= 24)
  }

  @Test func `nothing is found where not even one fits`() {
    #expect(LargestModelBenchmark.largest(near: 30) { _ in false } == nil)
  }
}
