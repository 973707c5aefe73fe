import CKernels
import Glibc
import Testing
import Torch

@testable import Optimizers

@Suite(.serialized)
struct FlatOperandsTests {
  /// How many threads ran the items of one loop on the kernels' executor.
  func threads(forItems count: Int) -> Int {
    var seen = [pthread_t](repeating: 0, count: count)
    seen.withUnsafeMutableBufferPointer { seen in
      let executor = FlatOperands.executor
      executor.run?(
        executor.context, 0, Int64(count), 1,
        { argument, begin, end in
          let seen = argument?.assumingMemoryBound(to: pthread_t.self)
          for item in begin..<end { seen?[Int(item)] = pthread_self() }
        }, seen.baseAddress)
    }
    #expect(!seen.contains(0), "every item runs")
    return Set(seen).count
  }

  @Test(arguments: [1, 2, 3])
  func `kernels run on as many threads as the thread's operations may use`(count: Int) throws {
    let before = Torch.threadCount
    try Torch.setThreadCount(count)
    #expect(threads(forItems: 64) == count)
    try Torch.setThreadCount(before)
  }

  @Test func `a step gives the same bits on one thread and on two`() throws {
    let before = Torch.threadCount
    var results: [[Float]] = []
    for count in [1, 2] {
      try Torch.setThreadCount(count)
      let master = try Tensor(AdamTests.values(300_001, 37))
      let gradient = try Tensor(AdamTests.values(300_001, 29)).to(.bfloat16)
      try RulePartition(AdamTests.rule(), count: 300_001).step(master: master, gradient: gradient)
      results.append(try master.array(of: Float.self))
    }
    try Torch.setThreadCount(before)
    #expect(results[0] == results[1])
  }

  @Test func `only the kernels' dtypes have a name there`() {
    let known = DType.allCases.filter { FlatOperands.kernelDType($0) != nil }
    #expect(Set(known) == [.float32, .float16, .bfloat16])
  }
}
