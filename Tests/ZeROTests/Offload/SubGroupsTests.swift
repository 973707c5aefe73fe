import Testing

@testable import ZeRO

struct SubGroupsTests {
  @Test func `a range is cut into parts of at most the limit, inside at pages where that is possible`() {
    #expect(SubGroups.parts(of: 0..<5000, limit: 2048) == [0..<2048, 2048..<4096, 4096..<5000])
    #expect(SubGroups.parts(of: 100..<5000, limit: 2048) == [100..<2048, 2048..<4096, 4096..<5000])
    #expect(SubGroups.parts(of: 100..<400, limit: 150) == [100..<250, 250..<400])
    #expect(SubGroups.parts(of: 100..<400, limit: .max) == [100..<400])
    #expect(SubGroups.parts(of: 7..<7, limit: 5).isEmpty)
  }

  @Test func `neighbours join as long as they are no more than the limit together`() {
    #expect(SubGroups.runs(of: [0..<10, 10..<20, 20..<30, 30..<31], limit: 20) == [0..<20, 20..<31])
    #expect(SubGroups.runs(of: [10..<20, 0..<10, 11..<12], limit: 100) == [10..<20, 0..<10, 11..<12])
    #expect(SubGroups.runs(of: [0..<50, 50..<50, 50..<60], limit: 40) == [0..<50, 50..<60])
  }
}
