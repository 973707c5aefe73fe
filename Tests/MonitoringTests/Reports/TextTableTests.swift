import Testing

@testable import Monitoring

@Suite struct TextTableTests {
  @Test func `columns are as wide as their widest text`() {
    var table = TextTable([.init("name"), .init("count", .right)])
    table.append(["a", "1,000,000"])
    table.append(["longer one", "2", "ignored"])
    table.append(["x"])
    #expect(
      table.rendered() == """
        name            count
        ----------  ---------
        a           1,000,000
        longer one          2
        x
        """)
  }

  @Test func `the memory table shows measurement beside formula, ranks in order`() {
    let table = MemoryTable(
      stage: 2,
      rows: [
        .init(
          rank: 1, parameters: 1024, gradients: 512, optimizerStates: 512, formula: 2000,
          peakResident: 1 << 31),
        .init(
          rank: 0, parameters: 1000, gradients: 500, optimizerStates: 500, formula: 2048, peakResident: 100),
      ])
    #expect(
      table.rendered() == """
        rank  parameters  gradients  optimizer    states  ZeRO-2 formula  deviation  peak resident
        ----  ----------  ---------  ---------  --------  --------------  ---------  -------------
           0      1000 B      500 B      500 B  1.95 KiB        2.00 KiB    -2.34 %          100 B
           1    1.00 KiB      512 B      512 B  2.00 KiB        1.95 KiB    +2.40 %       2.00 GiB
        """)
  }

  @Test func `with states in files the memory table shows which part is in memory`() {
    let table = MemoryTable(
      stage: 3, hasStatesInFiles: true,
      rows: [
        .init(rank: 0, parameters: 0, gradients: 0, optimizerStates: 512, formula: 2048, peakResident: 1024)
      ])
    #expect(
      table.rendered() == """
        rank  parameters  gradients  optimizer  states  ZeRO-3 formula  in memory  peak resident
        ----  ----------  ---------  ---------  ------  --------------  ---------  -------------
           0         0 B        0 B      512 B   512 B        2.00 KiB     25.0 %       1.00 KiB
        """)
  }

  @Test(arguments: [
    (0.0, "0"), (1, "1.000"), (12.346, "12.35"), (2e-5, "2.0e-05"), (0.0003, "3.0e-04"), (0.0012, "0.00120"),
    (123_456, "123456"), (1.25e9, "1.2e+09"), (-0.5, "-0.5000"), (9.96e-5, "1.0e-04"), (.nan, "nan"),
    (-.infinity, "-inf"),
  ])
  func `short numbers are readable at every size`(value: Double, text: String) {
    #expect(NumberText.short(value) == text)
  }

  @Test func `other numbers`() {
    #expect(NumberText.fixed(2.675, 1) == "2.7" && NumberText.fixed(-0.001, 2) == "0.00")
    #expect(NumberText.fixed(1e300, 2) == "1e+300")
    #expect(NumberText.grouped(1_234_567) == "1,234,567" && NumberText.grouped(-12) == "-12")
    #expect(NumberText.bytes(1023) == "1023 B" && NumberText.bytes(1_610_612_736) == "1.50 GiB")
    #expect(
      [42, 187, 3753, 183_840].map { NumberText.duration(seconds: $0) } == [
        "42s", "03:07", "1:02:33", "2d 03:04",
      ])
    #expect(NumberText.duration(seconds: .infinity) == "--")
  }
}
