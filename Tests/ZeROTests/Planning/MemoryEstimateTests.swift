import Testing

@testable import ZeRO

@Suite struct MemoryEstimateTests {
  /// The figures of DeepSpeed 0.19.8's functions for 2,851 M parameters with a largest layer of 32 M on one host of 8.
  @Test func `stage 3 follows DeepSpeed's rules`() {
    let (count, layer) = (2_851_000_000, 32_000_000)
    let both = MemoryEstimate.stage3(parameterCount: count, largestLayer: layer, devicesPerHost: 8)
    #expect(both.deviceBytes == 128_000_000 && both.hostBytes == 18 * count * 3 / 2)
    let whole = MemoryEstimate.stage3(
      parameterCount: count, largestLayer: layer, devicesPerHost: 8, constructsPartitioned: false)
    #expect(whole.hostBytes == 32 * count * 3 / 2)
    let optimizer = MemoryEstimate.stage3(
      parameterCount: count, largestLayer: layer, devicesPerHost: 8, offload: .optimizer)
    #expect(optimizer.deviceBytes == 128_000_000 + 2 * count / 8 && optimizer.hostBytes == 24 * count)
    let none = MemoryEstimate.stage3(parameterCount: count, largestLayer: layer, devicesPerHost: 8, offload: .none)
    #expect(none.deviceBytes == 128_000_000 + 18 * count / 8 && none.hostBytes == 4 * layer * 8 * 3 / 2)
  }

  /// The figures of DeepSpeed 0.19.8's function for 1,000 parameters.
  @Test func `stage 2 divides the states and offloads them whole`() {
    let inMemory = MemoryEstimate.stage2(parameterCount: 1000, devicesPerHost: 4, offloadsOptimizer: false)
    #expect(inMemory.deviceBytes == 6500 && inMemory.hostBytes == 24000)
    let offloaded = MemoryEstimate.stage2(parameterCount: 1000, devicesPerHost: 8)
    #expect(offloaded.deviceBytes == 2000 && offloaded.hostBytes == 48000)
  }

  @Test func `eight ranks of stage 3 hold eight times the model of stage 0, less what is gathered`() {
    func largest(_ stage: Int) -> Int {
      StagePlan(stage: stage, rankCount: 8, parameterCount: 1, largestUnit: 400_000).largestModel(within: 256_000_000)
    }
    #expect(largest(0) == 16_000_000)
    #expect(largest(3) > largest(0) * 15 / 2 && largest(3) < largest(0) * 8)
    #expect(largest(1) < largest(2) && largest(2) < largest(3))
  }
}
