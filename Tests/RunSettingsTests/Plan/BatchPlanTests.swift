import Testing

@testable import RunSettings

@Suite struct BatchPlanTests {
  private static let keys = [
    "train_batch_size", "train_micro_batch_size_per_gpu", "gradient_accumulation_steps",
  ]

  private static func text(_ sizes: [Int?]) -> String {
    let members = zip(keys, sizes).compactMap { key, size in size.map { "\"\(key)\": \($0)" } }
    return "{" + members.joined(separator: ", ") + "}"
  }

  @Test("On two ranks, two or three of the sizes settle all, as in DeepSpeed's own test")
  func consistent() throws {
    for (train, micro, accumulation) in [(32, 16, 1), (32, 8, 2)] {
      let expected = BatchPlan(
        trainBatchSize: train, microBatchSize: micro, gradientAccumulationSteps: accumulation,
        dataParallelSize: 2)
      let subsets: [[Int?]] = [
        [train, micro, accumulation], [train, micro, nil], [train, nil, accumulation],
        [nil, micro, accumulation],
      ]
      for sizes in subsets {
        #expect(try plan(Self.text(sizes)).batch == expected, "\(Self.text(sizes))")
      }
    }
  }

  @Test("One size alone means one pass a step")
  func single() throws {
    #expect(try plan(Self.text([32, nil, nil])).batch.microBatchSize == 16)
    let micro = try plan(Self.text([nil, 16, nil])).batch
    #expect(micro.trainBatchSize == 32)
    #expect(micro.gradientAccumulationSteps == 1)
    #expect(try plan(Self.text([32, nil, nil]), ranks: 1).batch.microBatchSize == 32)
  }

  @Test(
    "Sizes that do not multiply up show the arithmetic",
    arguments: [
      (
        [33, 17, 2],
        "33 != 17 (train_micro_batch_size_per_gpu) x 2 (gradient_accumulation_steps) x 2 ranks = 68"
      ),
      ([32, 18, 1], "= 36"), ([33, 17, nil], "33, which is not a multiple of 17 x 2 ranks = 34"),
      ([33, nil, 2], "33, which is not a multiple of 2 x 2 ranks = 4 (1 left over)"),
      ([33, nil, nil], "33, which is not a multiple of 2 ranks"), ([nil, nil, 2], "neither"),
      ([nil, nil, nil], "neither \"train_batch_size\" nor \"train_micro_batch_size_per_gpu\""),
      ([8, 16, nil], "such as 32"), ([Int.max, Int.max, Int.max], "from 1 to"),
      ([nil, 1 << 21, 1 << 21], "from 1 to 1048576"),
      ([1 << 40, nil, 1 << 40], "from 1 to 1048576"),
    ] as [([Int?], String)])
  func inconsistent(sizes: [Int?], part: String) throws {
    let problem = try #require(problems(Self.text(sizes)).first)
    #expect(problem.description.contains(part), "\(problem)")
    #expect([.batchArithmetic, .missing, .outOfRange].contains(problem.kind))
  }

  @Test("Sizes must be positive whole numbers")
  func positive() {
    for size in ["0", "-4", "1.5", "true", "\"many\"", "[8]"] {
      for key in Self.keys {
        let beside = key == "train_batch_size" ? "" : "\"train_batch_size\": 8, "
        let wrong = problems("{\(beside)\"\(key)\": \(size)}")
        #expect(wrong.count == 1, "\(key) \(size): \(wrong)")
        #expect(wrong.first?.path.description == key)
      }
    }
  }

  @Test("What is not written, or auto, comes from the run and never replaces what is written")
  func facts() throws {
    var facts = RunFacts(worldSize: 4)
    facts.microBatchSize = 3
    facts.gradientAccumulationSteps = 5
    let auto = """
      {"train_batch_size": "auto", "train_micro_batch_size_per_gpu": "auto",
       "gradient_accumulation_steps": "auto"}
      """
    for text in ["{}", auto] {
      let plan = try RunPlan(.text(text), facts: facts)
      #expect(plan.batch.trainBatchSize == 60)
      #expect(plan.config.settings.origin(of: \.microBatchSize) == .argument("micro batch of the run"))
      #expect(plan.config.settings.origin(of: \.trainBatchSize) == .computed("3 x 5 x 4 ranks"))
    }
    let written = try RunPlan(.text("{\"train_micro_batch_size_per_gpu\": 2}"), facts: facts)
    #expect(written.batch.trainBatchSize == 40)
    let settled = try RunPlan(
      .text("{\"train_batch_size\": 32, \"train_micro_batch_size_per_gpu\": 2}"), facts: facts)
    #expect(settled.batch.gradientAccumulationSteps == 4)
  }

  @Test("Random consistent sizes solve to the product, and leaving any one out changes nothing")
  func property() throws {
    var generator = SplitMix(state: 11)
    for _ in 0..<200 {
      let ranks = Int.random(in: 1...9, using: &generator)
      let micro = Int.random(in: 1...9, using: &generator)
      let accumulation = Int.random(in: 1...9, using: &generator)
      let train = ranks * micro * accumulation
      let all: [Int?] = [train, micro, accumulation]
      for leftOut in 0...3 {
        let sizes = all.enumerated().map { $0.offset == leftOut ? nil : $0.element }
        let batch = try plan(Self.text(sizes), ranks: ranks).batch
        #expect(batch.trainBatchSize == train)
        #expect(batch.microBatchSize == micro)
        #expect(batch.gradientAccumulationSteps == accumulation)
      }
    }
  }

  @Test("Impossible sizes from a program are errors, never traps")
  func impossible() throws {
    for size in [0, -1, Int.max, Int.min] {
      var facts = RunFacts(worldSize: 2)
      facts.microBatchSize = size
      #expect(throws: ConfigurationError.self) { try RunPlan(.text("{}"), facts: facts) }
      var config = RunConfig()
      config.trainBatchSize = size
      config.sequenceParallelSize = size
      #expect(throws: ConfigurationError.self) { try config.plan(for: RunFacts(worldSize: 2)) }
      config.microBatchSize = size
      config.gradientAccumulationSteps = size
      #expect(config.impliedWorldSize == nil)
      #expect(throws: ConfigurationError.self) { try config.plan(for: RunFacts(worldSize: 2)) }
    }
  }

  @Test("A run has at least one rank")
  func ranks() {
    for count in [0, -1, Int.max] {
      #expect(problems("{\"train_batch_size\": 8}", ranks: count).first?.kind == .outOfRange)
    }
  }
}
