import Testing

@testable import RunSettings

@Suite struct ConfigurationReportTests {
  private static func value(_ report: ConfigurationReport, _ path: String) -> EffectiveValue? {
    report.values.first { $0.path.description == path }
  }

  @Test("What only a run can settle stays auto, with its line")
  func open() throws {
    let text = #"""
      {
        "train_batch_size": "auto", "train_micro_batch_size_per_gpu": "auto",
        "bf16": {"enabled": "auto"}, "gradient_clipping": "auto",
        "scheduler": {"type": "WarmupDecayLR", "params": {"total_num_steps": "auto"}}
      }
      """#
    let report = try ConfigurationReport(.text(text))
    for path in ["train_batch_size", "bf16.enabled", "gradient_clipping", "scheduler.params.total_num_steps"]
    {
      #expect(Self.value(report, path)?.text == "\"auto\"", "\(path)")
      #expect(Self.value(report, path)?.origin.place != nil, "\(path)")
    }
    #expect(Self.value(report, "gradient_accumulation_steps")?.text == "null")
    #expect(throws: ConfigurationError.self) { try RunPlan(.text(text), facts: RunFacts(worldSize: 1)) }
  }

  @Test("The ranks follow from three batch sizes, else there is one")
  func ranks() throws {
    let three = #"""
      {"train_batch_size": 64, "train_micro_batch_size_per_gpu": 4, "gradient_accumulation_steps": 2}
      """#
    #expect(try ConfigurationReport(.text(three)).worldSize == 8)
    #expect(try ConfigurationReport(.text(three), worldSize: 8).worldSize == 8)
    #expect(throws: ConfigurationError.self) { try ConfigurationReport(.text(three), worldSize: 4) }
    let one = try ConfigurationReport(.text(#"{"train_batch_size": 64}"#))
    #expect(one.worldSize == 1)
    #expect(Self.value(one, "train_micro_batch_size_per_gpu")?.text == "64")
    let broken = #"""
      {"train_batch_size": 9, "train_micro_batch_size_per_gpu": 4, "gradient_accumulation_steps": 2}
      """#
    #expect(throws: ConfigurationError.self) { try ConfigurationReport(.text(broken)) }
  }

  @Test("A report finds the same problems as a plan")
  func problemsOfReport() throws {
    let text =
      #"{"train_batch_size": 8, "fp16": {"enabled": 7}, "autotuning": {"enabled": true}, "optmizer": {}}"#
    let error = try #require(throws: ConfigurationError.self) { try ConfigurationReport(.text(text)) }
    #expect(error.problems == problems(text, ranks: 1))
    #expect(error.problems.count == 3)
    #expect(throws: ConfigurationError.self) {
      try ConfigurationReport(.text(#"{"train_batch_size": 8, "own": 1}"#), strict: true)
    }
    #expect(throws: ConfigurationError.self) { try ConfigurationReport(.text("{}")) }
  }
}
