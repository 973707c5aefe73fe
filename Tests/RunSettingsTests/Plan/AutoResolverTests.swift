import Testing

@testable import RunSettings

@Suite struct AutoResolverTests {
  /// The configuration that Hugging Face's integration ships, with everything left open.
  private static let open = #"""
    {
      "fp16": {"enabled": "auto", "loss_scale": 0}, "bf16": {"enabled": "auto"},
      "optimizer": {"type": "AdamW",
        "params": {"lr": "auto", "betas": "auto", "eps": "auto", "weight_decay": "auto"}},
      "scheduler": {"type": "WarmupDecayLR", "params": {"total_num_steps": "auto", "warmup_min_lr": "auto",
        "warmup_max_lr": "auto", "warmup_num_steps": "auto"}},
      "zero_optimization": {"stage": 2, "reduce_bucket_size": "auto", "stage3_prefetch_bucket_size": "auto",
        "stage3_param_persistence_threshold": "auto"},
      "gradient_accumulation_steps": "auto", "gradient_clipping": "auto", "train_batch_size": "auto",
      "train_micro_batch_size_per_gpu": "auto"
    }
    """#

  private static func facts() -> RunFacts {
    var facts = RunFacts(worldSize: 2)
    facts.microBatchSize = 4
    facts.gradientAccumulationSteps = 2
    facts.totalSteps = 500
    facts.warmupSteps = 50
    facts.learningRate = 2e-5
    facts.betas = [0.9, 0.98]
    facts.epsilon = 1e-7
    facts.weightDecay = 0.05
    facts.gradientClipping = 0.5
    facts.modelType = .bfloat16
    facts.hiddenSize = 100
    return facts
  }

  @Test("Everything left open is filled from the run")
  func filled() throws {
    let plan = try RunPlan(.text(Self.open), facts: Self.facts())
    #expect(plan.precision.modelType == .bfloat16)
    #expect(plan.batch.trainBatchSize == 16)
    #expect(plan.gradientClipping == 0.5)
    guard case .adamW(let adam) = plan.optimizer else {
      Issue.record("not AdamW")
      return
    }
    #expect(adam.learningRate == 2e-5 && adam.betas == [0.9, 0.98] && adam.epsilon == 1e-7)
    #expect(adam.weightDecay == 0.05 && adam.correctsBias && !adam.usesReference)
    let warmup = WarmupOptions(
      minimumRate: .same(0), maximumRate: .same(2e-5), warmupSteps: 50, shape: .log, lastStep: -1)
    #expect(plan.scheduler == .warmupDecay(warmup, totalSteps: 500))
    #expect(plan.zero.reduceBucketSize == 10_000)
    #expect(plan.config.zero.prefetchBucketSize == 9000)
    #expect(plan.config.zero.parameterPersistenceThreshold == 1000)
    #expect(plan.config.zero.origin(of: \.reduceBucketSize) == .computed("hidden size 100 squared"))
  }

  @Test("What the run does not know either has its default")
  func unknown() throws {
    var facts = RunFacts(worldSize: 2)
    facts.microBatchSize = 1
    facts.totalSteps = 10
    let plan = try RunPlan(.text(Self.open), facts: facts)
    #expect(plan.precision == .float32)
    #expect(plan.gradientClipping == 1)
    #expect(plan.optimizer?.learningRate == 1e-3)
    #expect(plan.zero.reduceBucketSize == 500_000_000)
    let value = plan.effectiveValues.first { $0.path.description == "zero_optimization.reduce_bucket_size" }
    #expect(value?.origin == .computed("\"auto\", the default"))
  }

  @Test("What is written is not replaced")
  func written() throws {
    let text =
      #"{"train_batch_size": 8, "gradient_clipping": 3, "optimizer": {"type": "SGD", "params": {"lr": 1}}}"#
    let plan = try RunPlan(.text(text), facts: Self.facts())
    #expect(plan.gradientClipping == 3)
    #expect(plan.optimizer?.learningRate == 1)
    #expect(plan.precision == .float32)
  }

  @Test("Both precisions left open follow the run, and only one comes on")
  func precision() throws {
    for (type, expected) in [
      (FloatType.float16, FloatType.float16), (.bfloat16, .bfloat16), (.float32, .float32),
    ] {
      var facts = Self.facts()
      facts.modelType = type
      #expect(try RunPlan(.text(Self.open), facts: facts).precision.modelType == expected)
    }
  }
}
