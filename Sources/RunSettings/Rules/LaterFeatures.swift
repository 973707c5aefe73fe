/// A feature that the configuration knows and this version does not have yet.
struct LaterFeature: Sendable {
  /// Path of the setting that switches the feature on.
  let path: String
  /// Name of the feature.
  let name: String
  /// What can be set instead today.
  let instead: String
  let isOn: @Sendable (Settings<RunKeys>) -> Bool

  init(
    _ path: String, _ name: String, instead: String = "to leave it off",
    _ isOn: @escaping @Sendable (Settings<RunKeys>) -> Bool
  ) {
    self.path = path
    self.name = name
    self.instead = instead
    self.isOn = isOn
  }
}

/// The one list of what is not there yet. Whoever adds a feature removes its line.
enum LaterFeatures {
  /// Optimizers that the engine can run.
  static let supportedOptimizers: [OptimizerType] = [.adam, .adamW, .sgd, .adagrad, .lion, .lamb]

  static let all: [LaterFeature] = zero + precision + parallelism + data + watching + engines

  /// One problem for each feature that is switched on and not there yet. All are off by default, so a feature
  /// is looked at only when something of its section is written: this keeps the start of a run short.
  static func problems(in config: RunConfig) -> [ConfigurationProblem] {
    let written = config.settings.contents.slots
    let candidates = all.filter { written[String($0.path.prefix { $0 != "." })] != nil }
    var problems = candidates.filter { $0.isOn(config.settings) }.map { feature in
      config.rules.problem(
        .notYetSupported, at: feature.path, found: "\(feature.name), which is not yet supported",
        expected: feature.instead)
    }
    if let type = config.settings.optimizer.type, !supportedOptimizers.contains(type) {
      let names = supportedOptimizers.map(\.rawValue.quotedAsJSON).joined(separator: ", ")
      problems.append(
        config.rules.problem(
          .notYetSupported, at: "optimizer.type",
          found: "the optimizer \(type.rawValue), which is not yet supported",
          expected: "one of \(names)"))
    }
    return problems
  }

  private static let zero: [LaterFeature] = [
    LaterFeature("aio.use_gds", "direct transfers between files and device memory", instead: "false") {
      $0.aio.usesGPUDirect
    },
  ]

  private static let precision: [LaterFeature] = [
    LaterFeature("torch_autocast.enabled", "autocast", instead: "false, and bf16 or fp16 instead") {
      $0.autocast.enabled
    },
    LaterFeature("amp.enabled", "Apex mixed precision", instead: "false, and bf16 or fp16 instead") {
      $0.amp.enabled
    },
    LaterFeature("sparse_gradients", "sparse reduction of embedding gradients", instead: "false") {
      $0.reducesSparseGradients
    },
    LaterFeature("data_types.buffer_dtype", "casting of buffers", instead: "null, which keeps their types") {
      $0.dataTypes.buffers != nil
    },
  ]

  private static let parallelism: [LaterFeature] = [
    LaterFeature("sequence_parallel_size", "sequence parallelism", instead: "1") {
      $0.sequenceParallelSize ?? 1 > 1
    },
    LaterFeature("tensor_parallel.autotp_size", "tensor parallelism", instead: "0 or 1") {
      $0.tensorParallel.size > 1
    },
    LaterFeature("tensor_parallel.tp.tp_size", "tensor parallelism", instead: "1") {
      $0.tensorParallel.division.size > 1
    },
    LaterFeature("expert_parallel.enabled", "expert parallelism", instead: "false") {
      $0.expertParallel.enabled
    },
    LaterFeature("use_data_before_expert_parallelism", "expert parallelism", instead: "false") {
      $0.placesDataBeforeExperts
    },
    LaterFeature("pipeline.stages", "pipeline parallelism", instead: "1 or \"auto\"") {
      if case .fixed(let stages) = $0.pipeline.stages { stages > 1 } else { false }
    },
    LaterFeature(
      "activation_checkpointing.partition_activations", "partitioned activations", instead: "false"
    ) {
      $0.activationCheckpointing.partitionsActivations
    },
    LaterFeature(
      "activation_checkpointing.contiguous_memory_optimization", "contiguous saved activations",
      instead: "false"
    ) { $0.activationCheckpointing.keepsContiguous },
    LaterFeature("activation_checkpointing.cpu_checkpointing", "activations in host memory", instead: "false")
    {
      $0.activationCheckpointing.savesToHost
    },
  ]

  private static let data: [LaterFeature] = [
    LaterFeature("data_efficiency.enabled", "data efficiency", instead: "false") {
      $0.dataEfficiency.enabled
    },
    LaterFeature("curriculum_learning.enabled", "curriculum learning", instead: "false") {
      $0.curriculum.enabled
    },
    LaterFeature("compression_training", "compression", instead: "every technique's \"enabled\" to be false")
    {
      let techniques = $0.compression
      return techniques.weightQuantization.shared.enabled || techniques.activationQuantization.shared.enabled
        || techniques.sparsePruning.shared.enabled || techniques.rowPruning.shared.enabled
        || techniques.headPruning.shared.enabled || techniques.channelPruning.shared.enabled
        || techniques.layerReduction.enabled
    },
    LaterFeature("weight_quantization", "quantised weights") {
      $0.weightQuantization.isPresent && $0.weightQuantization.enabled
    },
    LaterFeature("quantize_training.enabled", "quantisation in the optimizer step", instead: "false") {
      $0.quantizeTraining.enabled
    },
    LaterFeature("eigenvalue.enabled", "eigenvalues of the Hessian", instead: "false") {
      $0.eigenvalue.enabled
    },
    LaterFeature("quantize_training.eigenvalue.enabled", "eigenvalues of the Hessian", instead: "false") {
      $0.quantizeTraining.eigenvalue.enabled
    },
    LaterFeature("progressive_layer_drop.enabled", "progressive layer drop", instead: "false") {
      $0.progressiveLayerDrop.enabled
    },
    LaterFeature("sparse_attention", "sparse attention") { $0.sparseAttention.isPresent },
  ]

  private static let watching: [LaterFeature] = [
    LaterFeature("flops_profiler.enabled", "the FLOPS profiler", instead: "false") {
      $0.flopsProfiler.enabled
    },
    LaterFeature(
      "wandb.enabled", "Weights & Biases", instead: "false; tensorboard, csv_monitor or jsonl_monitor"
    ) {
      $0.wandb.enabled
    },
    LaterFeature("comet.enabled", "Comet", instead: "false; tensorboard, csv_monitor or jsonl_monitor") {
      $0.comet.enabled
    },
    LaterFeature("autotuning.enabled", "autotuning", instead: "false") { $0.autotuning.enabled },
    LaterFeature("elasticity.enabled", "elasticity", instead: "false") { $0.elasticity.enabled },
  ]

  private static let engines: [LaterFeature] = [
    LaterFeature("managed_gradient_accumulation", "accumulation managed by the program", instead: "true") {
      !$0.managesGradientAccumulation
    },
    LaterFeature("hybrid_engine.enabled", "the hybrid engine", instead: "false") { $0.hybridEngine.enabled },
    LaterFeature("compile.deepcompile", "DeepCompile", instead: "false") { $0.compile.enabled },
    LaterFeature("graph_harvesting", "replay of CUDA graphs", instead: "false") { $0.harvestsGraphs },
    LaterFeature(
      "zero_optimization.ignore_unused_parameters", "stopping at unused parameters", instead: "true"
    ) {
      !$0.zero.ignoresUnusedParameters
    },
    LaterFeature("optimizer.params.maximize", "maximising the loss", instead: "false") {
      $0.optimizer.type == .sgd && $0.optimizer[\.parameters, as: SGDKeys.self].maximizes
    },
    LaterFeature("scheduler.params.last_batch_iteration", "a schedule that starts later", instead: "-1") {
      let step = $0.scheduler.contents.section("params").slots["last_batch_iteration"]?.content
      return if case .value(let step) = step { step.text != "-1" } else { false }
    },
    LaterFeature("checkpoint.load_universal", "loading of universal checkpoints", instead: "false") {
      $0.checkpoint.loadsUniversal
    },
    LaterFeature(
      "checkpoint.use_node_local_storage", "a disk of its own for each node",
      instead: "false, and a shared folder"
    ) {
      $0.checkpoint.usesNodeLocalStorage
    },
    LaterFeature(
      "checkpoint.parallel_write.pipeline_stage", "shared writing of pipeline stages", instead: "false"
    ) {
      $0.checkpoint.parallelWrite.sharesPipelineStage
    },
    LaterFeature("checkpoint.writer", "checkpoint writers") { $0.checkpoint.writer.isPresent },
    LaterFeature("nebula.enabled", "Nebula", instead: "false") { $0.nebula.enabled },
    LaterFeature("datastates_ckpt", "DataStates") { $0.dataStates.isPresent },
  ]
}
