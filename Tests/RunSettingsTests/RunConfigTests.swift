import Testing

@testable import RunSettings

@Suite struct RunConfigTests {
  @Test("A configuration is built in Swift by the names of its settings")
  func inSwift() throws {
    var config = RunConfig()
    config.trainBatchSize = 64
    config.zero.stage = .gradients
    config.zero.offloadOptimizer.pinsMemory = false
    config.bf16.enabled = true
    config.optimizer.type = .adamW
    config.optimizer[\.parameters, as: AdamKeys.self].learningRate = 5e-4
    let plan = try config.plan(for: RunFacts(worldSize: 4))
    #expect(plan.batch.microBatchSize == 16)
    #expect(plan.zero.stage == .gradients)
    #expect(plan.optimizer?.learningRate == 5e-4)
    #expect(plan.precision.modelType == .bfloat16)
    #expect(plan.config.zero.origin(of: \.stage) == .argument("set by the program"))
    #expect(plan.config.zero.origin(of: \.reduceBucketSize) == .default)
  }

  @Test("Rules hold for configurations built in Swift too")
  func rules() {
    var config = RunConfig()
    config.trainBatchSize = 8
    config.fp16.enabled = true
    config.bf16.enabled = true
    config.autotuning.enabled = true
    let error = #expect(throws: ConfigurationError.self) { try config.plan(for: RunFacts(worldSize: 1)) }
    #expect(error?.problems.map(\.kind) == [.contradiction, .notYetSupported])
  }

  @Test("Limits hold for values that a program sets")
  func limits() {
    var config = RunConfig()
    config.trainBatchSize = 8
    config.gradientClipping = -1
    config.zero.reduceBucketSize = 0
    config.fp16.lossScale = .infinity
    config.optimizer.type = .sgd
    config.optimizer[\.parameters, as: SGDKeys.self].learningRate = .nan
    let error = #expect(throws: ConfigurationError.self) { try config.plan(for: RunFacts(worldSize: 1)) }
    let paths = error?.problems.map(\.path.description).sorted()
    let expected = [
      "fp16.loss_scale", "gradient_clipping", "optimizer.params.lr", "zero_optimization.reduce_bucket_size",
    ]
    #expect(paths == expected)
  }

  @Test("Configurations are values: plans do not change them")
  func values() throws {
    let config = try RunConfig(.text(#"{"train_batch_size": 8, "gradient_clipping": "auto"}"#))
    var facts = RunFacts(worldSize: 2)
    facts.gradientClipping = 2
    let first = try config.plan(for: facts)
    facts.worldSize = 4
    let second = try config.plan(for: facts)
    #expect(config.microBatchSize == nil)
    #expect(first.batch.microBatchSize == 4 && second.batch.microBatchSize == 2)
    #expect(first.gradientClipping == 2)
    #expect(config.settings.isAuto(\.gradientClipping))
  }

  @Test("The text of a configuration reads back as the same values", arguments: GoodInputTests.members)
  func roundTrip(members: String) throws {
    let source = ConfigurationSource.text("{\"train_batch_size\": 8, \(members)\n}")
    let (first, _) = try RunConfig.reading(source, strict: false)
    let (second, problems) = try RunConfig.reading(.text(first.settings.jsonText), strict: false)
    #expect(problems.isEmpty, "\(first.settings.jsonText)")
    #expect(first.settings.effectiveValues.map(\.text) == second.settings.effectiveValues.map(\.text))
    #expect(first.settings.effectiveValues.map(\.path) == second.settings.effectiveValues.map(\.path))
  }
}
