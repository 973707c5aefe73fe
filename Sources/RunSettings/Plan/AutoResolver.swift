/// Replaces `"auto"` by what the run knows, and records from where.
struct AutoResolver {
  private(set) var settings: Settings<RunKeys>
  private let facts: RunFacts

  init(_ settings: Settings<RunKeys>, _ facts: RunFacts) {
    self.settings = settings
    self.facts = facts
  }

  /// Fills every `"auto"` that a fact answers; others keep their defaults.
  mutating func resolve() {
    fill(\.gradientClipping, in: &settings, facts.gradientClipping, "gradient clipping of the run")
    resolvePrecision()
    resolveBuckets()
    resolveOptimizer()
    resolveScheduler()
  }

  private func fill<Keys, Value>(
    _ key: KeyPath<Keys, Key<Value>>, in settings: inout Settings<Keys>, _ value: Value?, _ source: String
  ) {
    guard settings.isAuto(key), let value else { return }
    settings.set(key, value, origin: .argument(source))
  }

  private func fill<Keys, Value>(
    _ key: KeyPath<Keys, Key<Value?>>, in settings: inout Settings<Keys>, _ value: Value?, _ source: String
  ) {
    guard settings.isAuto(key), let value else { return }
    settings.set(key, value, origin: .argument(source))
  }

  private mutating func resolvePrecision() {
    guard let type = facts.modelType else { return }
    fill(\.enabled, in: &settings.fp16, type == .float16, "type of the run")
    fill(\.enabled, in: &settings.bf16, type == .bfloat16, "type of the run")
  }

  /// Sizes in proportion to a layer's weights, as Hugging Face's integration chooses them.
  private mutating func resolveBuckets() {
    guard let width = facts.hiddenSize, width > 0, width < 1 << 30 else { return }
    let square = width * width
    let sizes: [(KeyPath<ZeROKeys, Key<Int>>, Int, String)] = [
      (\.reduceBucketSize, square, "hidden size \(width) squared"),
      (\.prefetchBucketSize, Int(0.9 * Double(square)), "0.9 x hidden size \(width) squared"),
      (\.parameterPersistenceThreshold, 10 * width, "10 x hidden size \(width)"),
    ]
    for (key, size, source) in sizes where settings.zero.isAuto(key) {
      settings.zero.set(key, size, origin: .computed(source))
    }
  }

  private mutating func resolveOptimizer() {
    switch settings.optimizer.type {
    case .adam, .adamW:
      var adam = settings.optimizer[\.parameters, as: AdamKeys.self]
      fill(\.learningRate, in: &adam, facts.learningRate, "learning rate of the run")
      fill(\.betas, in: &adam, facts.betas, "betas of the run")
      fill(\.epsilon, in: &adam, facts.epsilon, "epsilon of the run")
      fill(\.weightDecay, in: &adam, facts.weightDecay, "weight decay of the run")
      if adam.weightDecay == nil {
        let isPyTorch = adam.usesReference && (settings.optimizer.type == .adamW || adam.decouplesWeightDecay)
        let source = isPyTorch ? "PyTorch's default for AdamW" : "no weight decay"
        adam.set(\.weightDecay, isPyTorch ? 0.01 : 0, origin: .computed(source))
      }
      settings.optimizer[\.parameters, as: AdamKeys.self] = adam
    case .sgd:
      var sgd = settings.optimizer[\.parameters, as: SGDKeys.self]
      fill(\.learningRate, in: &sgd, facts.learningRate, "learning rate of the run")
      fill(\.weightDecay, in: &sgd, facts.weightDecay, "weight decay of the run")
      settings.optimizer[\.parameters, as: SGDKeys.self] = sgd
    default: break
    }
  }

  /// The learning rate that the schedule ends its warm-up at when nothing else is said.
  private var optimizerRate: Double? {
    switch settings.optimizer.type {
    case .adam, .adamW: settings.optimizer[\.parameters, as: AdamKeys.self].learningRate
    case .sgd: settings.optimizer[\.parameters, as: SGDKeys.self].learningRate
    default: facts.learningRate
    }
  }

  private mutating func resolveScheduler() {
    let (steps, total) = ("warm-up steps of the run", "steps of the run")
    let top = optimizerRate.map { PerGroup.same($0) }
    switch settings.scheduler.type {
    case .warmup:
      var warmup = settings.scheduler[\.parameters, as: WarmupKeys.self]
      fill(\.warmupSteps, in: &warmup, facts.warmupSteps, steps)
      fill(\.maximumRate, in: &warmup, top, "learning rate of the optimizer")
      settings.scheduler[\.parameters, as: WarmupKeys.self] = warmup
    case .warmupDecay:
      var decay = settings.scheduler[\.parameters, as: WarmupDecayKeys.self]
      fill(\.warmupSteps, in: &decay, facts.warmupSteps, steps)
      fill(\.totalSteps, in: &decay, facts.totalSteps, total)
      fill(\.maximumRate, in: &decay, top, "learning rate of the optimizer")
      settings.scheduler[\.parameters, as: WarmupDecayKeys.self] = decay
    case .warmupCosine:
      var cosine = settings.scheduler[\.parameters, as: WarmupCosineKeys.self]
      fill(\.warmupSteps, in: &cosine, facts.warmupSteps, steps)
      fill(\.totalSteps, in: &cosine, facts.totalSteps, total)
      settings.scheduler[\.parameters, as: WarmupCosineKeys.self] = cosine
    default: break
    }
  }
}
