/// Settings that exclude or need each other.
enum Contradictions {
  /// One problem for each broken rule.
  static func problems(in config: RunConfig) -> [ConfigurationProblem] {
    [precision, zero, plusPlus, updates, zenFlow, reduction, optimizer, scheduler, offload, others].flatMap { $0(config) }
  }

  private static func precision(_ config: RunConfig) -> [ConfigurationProblem] {
    let (fp16, bf16) = (config.settings.fp16, config.settings.bf16)
    let stage = config.settings.zero.stage
    var problems: [ConfigurationProblem] = []
    if fp16.enabled, bf16.enabled {
      problems.append(
        config.rules.problem(
          .contradiction, at: "bf16.enabled", found: "true beside fp16.enabled: true",
          expected: "only one of fp16 and bf16"))
    }
    if fp16.enabled, fp16.lossScale == 0 {
      let counts = [("loss_scale_window", fp16.scaleWindow), ("min_loss_scale", fp16.minimumScale)]
      problems += counts.filter { $0.1 < 1 }.map { name, count in
        config.rules.problem(
          .outOfRange, at: "fp16.\(name)", found: "\(count)",
          expected: "at least 1 when the loss scale is adaptive (loss_scale 0)")
      }
    }
    let needingZeRO = [
      ("fp16.fp16_master_weights_and_grads", fp16.keepsFloat16Masters),
      ("bf16.bf16_master_weights_and_grads", bf16.keepsBFloat16Masters),
      ("bf16.bf16_optimizer_states", bf16.keepsBFloat16States),
    ]
    problems += needingZeRO.filter { $0.1 && stage == .none }.map { path, _ in
      config.rules.problem(
        .contradiction, at: path, found: "true at ZeRO stage 0",
        expected: "zero_optimization.stage 1, 2 or 3 for 16-bit master weights or states")
    }
    if bf16.keepsBFloat16States, !bf16.keepsBFloat16Masters {
      problems.append(
        config.rules.problem(
          .contradiction, at: "bf16.bf16_optimizer_states",
          found: "true without bf16_master_weights_and_grads",
          expected: "bf16_master_weights_and_grads: true beside it"))
    }
    return problems + parameterType(config)
  }

  private static func parameterType(_ config: RunConfig) -> [ConfigurationProblem] {
    let settings = config.settings
    guard let type = settings.dataTypes.parameters else { return [] }
    let model: FloatType = settings.fp16.enabled ? .float16 : settings.bf16.enabled ? .bfloat16 : .float32
    guard type != model, !settings.fp16.isAuto(\.enabled), !settings.bf16.isAuto(\.enabled) else { return [] }
    return [
      config.rules.problem(
        .contradiction, at: "data_types.param_dtype", found: type.text,
        expected: "\(model.text), which fp16.enabled and bf16.enabled ask for")
    ]
  }

  private static func zero(_ config: RunConfig) -> [ConfigurationProblem] {
    let zero = config.settings.zero
    let isStage12 = zero.stage == .optimizerStates || zero.stage == .gradients
    var problems: [ConfigurationProblem] = []
    if isStage12, zero.allgatherBucketSize % 2 != 0 {
      problems.append(
        config.rules.problem(
          .outOfRange, at: "zero_optimization.allgather_bucket_size", found: "\(zero.allgatherBucketSize)",
          expected: "a multiple of 2 at stages 1 and 2"))
    }
    if zero.usesLegacyStage1 {
      problems.append(
        config.rules.problem(
          .contradiction, at: "zero_optimization.legacy_stage1", found: "true",
          expected: "false: the first implementation of stage 1 is gone"))
    }
    if !zero.computesGradientNorm, !isStage12 || config.settings.gradientClipping > 0 {
      problems.append(
        config.rules.problem(
          .contradiction, at: "zero_optimization.compute_grad_norm",
          found: isStage12
            ? "false with gradient_clipping \(config.settings.gradientClipping)"
            : "false at stage \(zero.stage.text)",
          expected: isStage12 ? "gradient_clipping: 0 beside it, or true" : "true, except at stages 1 and 2"))
    }
    return problems
  }

  private static func reduction(_ config: RunConfig) -> [ConfigurationProblem] {
    let settings = config.settings
    guard settings.gradientReduction == .sum else { return [] }
    let excluding = [
      ("ZeRO stage 3", settings.zero.stage == .parameters), ("ZenFlow", settings.zero.zenFlow.isPresent),
      ("DeepCompile", settings.compile.enabled),
    ]
    return excluding.filter(\.1).map { name, _ in
      config.rules.problem(
        .contradiction, at: "gradient_allreduce_op", found: "\"sum\" with \(name)", expected: "\"mean\"")
    }
  }

  private static func optimizer(_ config: RunConfig) -> [ConfigurationProblem] {
    var problems: [ConfigurationProblem] = []
    let parameters = config.settings.contents.section("optimizer").section("params")
    if case .value(let limit) = parameters.slots["max_grad_norm"]?.content,
      limit.numbers.contains(where: { $0 > 0 })
    {
      problems.append(
        config.rules.problem(
          .contradiction, at: "optimizer.params.max_grad_norm", found: limit.text,
          expected: "no limit of the norm here; write \"gradient_clipping\": \(limit.text) at the top level"))
    }
    if case .value(let flag) = parameters.slots["amsgrad"]?.content, flag.text == "true" {
      problems.append(
        config.rules.problem(
          .contradiction, at: "optimizer.params.amsgrad", found: "true",
          expected: "false: the fused optimizers have no AMSGrad variant"))
    }
    if case .value(let betas) = parameters.slots["betas"]?.content, betas.numbers.count != 2 {
      problems.append(
        config.rules.problem(
          .outOfRange, at: "optimizer.params.betas", found: betas.text,
          expected: "two numbers, [beta1, beta2]"))
    }
    if config.settings.optimizer.type == .sgd {
      let sgd = config.settings.optimizer[\.parameters, as: SGDKeys.self]
      if sgd.usesNesterov, sgd.momentum <= 0 || sgd.dampening != 0 {
        problems.append(
          config.rules.problem(
            .contradiction, at: "optimizer.params.nesterov",
            found: "true with momentum \(sgd.momentum) and dampening \(sgd.dampening)",
            expected: "a momentum above 0 and dampening 0"))
      }
    }
    return problems
  }

  private static func scheduler(_ config: RunConfig) -> [ConfigurationProblem] {
    guard config.settings.scheduler.type == .oneCycle else { return [] }
    let cycle = config.settings.scheduler[\.parameters, as: OneCycleKeys.self]
    let required: [(String, PerGroup?)] = [
      ("cycle_min_lr", cycle.minimumRate), ("cycle_max_lr", cycle.maximumRate),
    ]
    return required.filter { $0.1 == nil && cycle.contents.slots[$0.0] == nil }.map { name, _ in
      config.rules.problem(
        .missing, at: "scheduler.params.\(name)", found: "OneCycle without \"\(name)\"",
        expected: "a number, or a list with a number for each parameter group")
    }
  }

  private static func offload(_ config: RunConfig) -> [ConfigurationProblem] {
    let zero = config.settings.zero
    var problems: [ConfigurationProblem] = []
    let tiers: [(String, OffloadDevice, String?)] = [
      ("offload_param", zero.offloadParameters.device, zero.offloadParameters.path),
      ("offload_optimizer", zero.offloadOptimizer.device, zero.offloadOptimizer.path),
    ]
    for (name, device, path) in tiers where device == .nvme && path == nil {
      problems.append(
        config.rules.problem(
          .missing, at: "zero_optimization.\(name)", found: "device \"nvme\" without \"nvme_path\"",
          expected: "\"nvme_path\" beside it, a folder on the drive"))
    }
    if zero.offloadParameters.device != .none, zero.stage != .parameters {
      problems.append(
        config.rules.problem(
          .contradiction, at: "zero_optimization.offload_param.device",
          found: "\(zero.offloadParameters.device.text) at stage \(zero.stage.text)",
          expected: "stage 3, the only one whose parameters can be offloaded"))
    }
    if zero.offloadOptimizer.ratio < 1, zero.stage != .parameters {
      problems.append(
        config.rules.problem(
          .contradiction, at: "zero_optimization.offload_optimizer.ratio",
          found: "\(zero.offloadOptimizer.ratio) at stage \(zero.stage.text)",
          expected: "stage 3, the only one that offloads partly"))
    }
    if case .fixed(let select) = zero.zenFlow.selectInterval,
      case .fixed(let update) = zero.zenFlow.updateInterval,
      select < update
    {
      problems.append(
        config.rules.problem(
          .contradiction, at: "zero_optimization.zenflow.select_interval", found: "\(select)",
          expected: "at least update_interval, \(update)"))
    }
    return problems
  }

  private static func others(_ config: RunConfig) -> [ConfigurationProblem] {
    let rare = ["activation_checkpointing", "expert_parallel", "data_efficiency"]
    let settings = config.settings
    guard rare.contains(where: { settings.contents.slots[$0] != nil }) else { return [] }
    var problems: [ConfigurationProblem] = []
    let activations = settings.activationCheckpointing
    if activations.keepsContiguous, !activations.partitionsActivations || activations.checkpointCount == nil {
      problems.append(
        config.rules.problem(
          .contradiction, at: "activation_checkpointing.contiguous_memory_optimization", found: "true",
          expected: "partition_activations: true and number_checkpoints beside it"))
    }
    let experts = settings.expertParallel
    if let coefficient = experts.loadBalance {
      problems.append(
        config.rules.problem(
          .contradiction, at: "expert_parallel.load_balance_coeff", found: coefficient.text, expected: "null")
      )
    }
    if let limited = experts.limitedGroupCount, let groups = experts.groupCount, limited > groups {
      problems.append(
        config.rules.problem(
          .contradiction, at: "expert_parallel.num_limited_groups", found: "\(limited)",
          expected: "at most num_expert_groups, \(groups)"))
    }
    let sampling = settings.dataEfficiency.sampling
    if sampling.curriculum.enabled, sampling.curriculum.metrics.isEmpty {
      problems.append(
        config.rules.problem(
          .missing, at: "data_efficiency.data_sampling.curriculum_learning", found: "enabled without metrics",
          expected: "\"curriculum_metrics\" with at least one measure"))
    }
    if sampling.dynamicBatching.enabled, sampling.dynamicBatching.maximumTokens == nil {
      problems.append(
        config.rules.problem(
          .missing, at: "data_efficiency.data_sampling.dynamic_batching",
          found: "enabled without \"max_tokens\"",
          expected: "\"max_tokens\", the most tokens of a batch"))
    }
    return problems
  }
}
