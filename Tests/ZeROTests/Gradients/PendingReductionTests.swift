import Testing

@testable import ZeRO

struct PendingReductionTests {
  @Test func `consecutive buckets travel together up to the limit, larger ones alone`() {
    let batches = PendingReduction.batches(of: [300, 700, 1, 5000, 999, 2], limit: 1000)
    #expect(batches == [0..<2, 2..<3, 3..<4, 4..<5, 5..<6])
    #expect(PendingReduction.batches(of: [0, 4, 4], limit: 0) == [0..<1, 1..<2, 2..<3])
    #expect(PendingReduction.batches(of: [], limit: 10).isEmpty)
  }
}
