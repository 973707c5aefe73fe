import Testing

@testable import RunSettings

@Suite struct LaterFeaturesTests {
  static let switchedOn: [(String, String)] = [
    (#""aio": {"use_gds": true}"#, "aio.use_gds"),
    (#""torch_autocast": {"enabled": true, "dtype": "bfloat16"}"#, "torch_autocast.enabled"),
    (#""amp": {"enabled": true, "opt_level": "O1", "loss_scale": "dynamic"}"#, "amp.enabled"),
    (#""sparse_gradients": true"#, "sparse_gradients"),
    (#""data_types": {"buffer_dtype": "bf16"}"#, "data_types.buffer_dtype"),
    (#""sequence_parallel_size": 2"#, "sequence_parallel_size"),
    (#""tensor_parallel": {"autotp_size": 2}"#, "tensor_parallel.autotp_size"),
    (#""tensor_parallel": {"tp": {"tp_size": 2}}"#, "tensor_parallel.tp.tp_size"),
    (#""expert_parallel": {"enabled": true}"#, "expert_parallel.enabled"),
    (#""use_data_before_expert_parallelism": true"#, "use_data_before_expert_parallelism"),
    (#""pipeline": {"stages": 2}"#, "pipeline.stages"),
    (
      #""activation_checkpointing": {"partition_activations": true}"#,
      "activation_checkpointing.partition_activations"
    ),
    (
      #""activation_checkpointing": {"cpu_checkpointing": true}"#,
      "activation_checkpointing.cpu_checkpointing"
    ),
    (#""data_efficiency": {"enabled": true}"#, "data_efficiency.enabled"),
    (#""curriculum_learning": {"enabled": true}"#, "curriculum_learning.enabled"),
    (
      #""compression_training": {"row_pruning": {"shared_parameters": {"enabled": true}}}"#,
      "compression_training"
    ),
    (#""compression_training": {"layer_reduction": {"enabled": true}}"#, "compression_training"),
    (#""weight_quantization": {"post_init_quant": {"fc": {"num_bits": 4}}}"#, "weight_quantization"),
    (#""quantize_training": {"enabled": true}"#, "quantize_training.enabled"),
    (#""eigenvalue": {"enabled": true}"#, "eigenvalue.enabled"),
    (#""progressive_layer_drop": {"enabled": true}"#, "progressive_layer_drop.enabled"),
    (#""sparse_attention": {"mode": "bigbird"}"#, "sparse_attention"),
    (#""flops_profiler": {"enabled": true}"#, "flops_profiler.enabled"),
    (
      #""zero_optimization": {"ignore_unused_parameters": false}"#,
      "zero_optimization.ignore_unused_parameters"
    ),
    (#""optimizer": {"type": "SGD", "params": {"maximize": true}}"#, "optimizer.params.maximize"),
    (
      #""scheduler": {"type": "WarmupLR", "params": {"last_batch_iteration": 5}}"#,
      "scheduler.params.last_batch_iteration"
    ),
    (#""wandb": {"enabled": true}"#, "wandb.enabled"), (#""comet": {"enabled": true}"#, "comet.enabled"),
    (#""autotuning": {"enabled": true}"#, "autotuning.enabled"),
    (#""elasticity": {"enabled": true}"#, "elasticity.enabled"),
    (#""managed_gradient_accumulation": false"#, "managed_gradient_accumulation"),
    (#""hybrid_engine": {"enabled": true}"#, "hybrid_engine.enabled"),
    (#""compile": {"deepcompile": true}"#, "compile.deepcompile"),
    (#""graph_harvesting": true"#, "graph_harvesting"),
    (#""checkpoint": {"load_universal": true}"#, "checkpoint.load_universal"),
    (#""checkpoint": {"writer": {"type": "python"}}"#, "checkpoint.writer"),
    (#""checkpoint": {"use_node_local_storage": true}"#, "checkpoint.use_node_local_storage"),
    (
      #""checkpoint": {"parallel_write": {"pipeline_stage": true}}"#,
      "checkpoint.parallel_write.pipeline_stage"
    ),
    (#""nebula": {"enabled": true}"#, "nebula.enabled"),
    (#""datastates_ckpt": {"host_cache_size": 16}"#, "datastates_ckpt"),
    (#""optimizer": {"type": "OneBitAdam"}"#, "optimizer.type"),
    (#""optimizer": {"type": "muon", "params": {"muon_lr": 0.02}}"#, "optimizer.type"),
    (#""optimizer": {"type": "OneBitLamb"}"#, "optimizer.type"),
  ]

  @Test("A feature of later is refused only when it is switched on", arguments: switchedOn)
  func refused(members: String, path: String) throws {
    let found = problemsWithBatch(members)
    let problem = try #require(found.first { $0.path.description == path }, "\(found)")
    #expect(problem.kind == .notYetSupported)
    #expect(problem.description.contains("not yet supported"))
    #expect(problem.line == 1)
  }

  @Test("Sections of later features that are off are read and kept")
  func kept() throws {
    let text = #"""
      "flops_profiler": {"enabled": false, "profile_step": 7},
      "elasticity": {"enabled": false, "min_gpus": 2},
      "zero_optimization": {"stage": 2, "stage3_max_live_parameters": 1e6,
        "offload_param": {"device": "none"}},
      "autotuning": {"enabled": false, "arg_mappings": {"a": "--a"}}, "amp": {"enabled": false, "x": [1]},
      "pipeline": {"stages": "auto"}, "tensor_parallel": {"autotp_size": 1}, "wandb": {"project": "p"},
      "data_efficiency": {"data_sampling": {"curriculum_learning": {"curriculum_metrics":
        {"seqlen": {"difficulty_type": "percentile", "schedule_config": {"root_degree": 2}}}}}},
      "compression_training": {"sparse_pruning": {"shared_parameters": {"method": "topk"},
        "different_groups": {"g1": {"params": {"dense_ratio": 0.5}, "modules": ["a"]}}}}
      """#
    let config = try planWithBatch(text).config
    #expect(config.flopsProfiler.step == 7)
    #expect(config.elasticity.minimumDevices == 2)
    #expect(config.zero.maximumLiveParameters == 1_000_000)
    #expect(config.autotuning.argumentMappings?.text == #"{"a": "--a"}"#)
    #expect(config.amp.others.map(\.name) == ["x"])
    #expect(config.wandb.project == "p")
    let metrics = config.dataEfficiency.sampling.curriculum.metrics
    #expect(metrics.map(\.name) == ["seqlen"])
    #expect(metrics[0].settings.difficultyType == .percentile)
    #expect(metrics[0].settings.schedule.rootDegree == 2)
    #expect(config.compression.sparsePruning.groups[0].settings.parameters.denseRatio == 0.5)
  }

  @Test("Every feature of the list names a key that exists, and is off by default")
  func paths() {
    let defaults = Settings<RunKeys>()
    for feature in LaterFeatures.all {
      #expect(SchemaWalk.exists(feature.path), "\(feature.path)")
      #expect(!feature.isOn(defaults), "\(feature.path)")
      #expect(
        Self.switchedOn.contains { $0.1 == feature.path } || feature.path.contains("contiguous")
          || feature.path.contains("quantize_training.eigen"),
        "\(feature.path) has no case")
    }
  }
}
