import Testing

@testable import RunSettings

@Suite struct SettingsWithoutEffectTests {
  /// Keys that change what a run does, sees or writes, as tests of their own show; a section stands for all
  /// in it.
  static let honoured: Set<String> = [
    "train_batch_size", "train_micro_batch_size_per_gpu", "gradient_accumulation_steps", "gradient_clipping",
    "communication_data_type", "prescale_gradients", "gradient_predivide_factor", "gradient_allreduce_op",
    "steps_per_print", "wall_clock_breakdown", "memory_breakdown", "dump_state", "log_level",
    "dataloader_drop_last", "vocabulary_size", "comms_logger", "tensorboard", "csv_monitor", "jsonl_monitor",
    "timers.throughput.enabled", "checkpoint.tag_validation",
    "data_types.grad_accum_dtype", "data_types.param_dtype",
    "fp16.enabled", "fp16.loss_scale", "fp16.initial_scale_power", "fp16.loss_scale_window",
    "fp16.hysteresis",
    "fp16.consecutive_hysteresis", "fp16.min_loss_scale", "bf16.enabled", "bf16.check_grad_overflow",
    "optimizer.type", "scheduler.type", "scheduler.params",
    "optimizer.params.lr", "optimizer.params.betas", "optimizer.params.eps", "optimizer.params.weight_decay",
    "optimizer.params.bias_correction", "optimizer.params.torch_adam", "optimizer.params.adam_w_mode",
    "optimizer.params.amsgrad", "optimizer.params.max_grad_norm", "optimizer.params.momentum",
    "optimizer.params.dampening", "optimizer.params.nesterov", "optimizer.params.fp32_optimizer_states",
    "optimizer.params.eps_inside_sqrt", "optimizer.params.max_coeff", "optimizer.params.min_coeff",
    "fp16.fp16_master_weights_and_grads", "bf16.bf16_master_weights_and_grads", "bf16.bf16_optimizer_states",
    "zero_optimization.stage", "zero_optimization.reduce_bucket_size", "zero_optimization.overlap_comm",
    "zero_optimization.load_from_fp32_weights", "zero_optimization.legacy_stage1",
    "zero_optimization.round_robin_gradients", "zero_optimization.stage3_prefetch_bucket_size",
    "zero_optimization.stage3_param_persistence_threshold", "zero_optimization.stage3_model_persistence_threshold",
    "zero_optimization.stage3_max_live_parameters", "zero_optimization.stage3_max_reuse_distance",
    "zero_optimization.leaf_module", "zero_optimization.offload_param.device",
    "zero_optimization.offload_param.nvme_path", "zero_optimization.offload_param.max_in_cpu",
    "zero_optimization.offload_param.buffer_count", "aio",
    "zero_optimization.sub_group_size", "zero_optimization.zero_quantized_weights",
    "zero_optimization.zero_quantized_gradients", "zero_optimization.zero_hpz_partition_size",
    "zero_optimization.zeropp_loco_param", "zero_optimization.zero_quantized_nontrainable_weights",
    "zero_optimization.mics_shard_size", "zero_optimization.zenflow",
    "zero_optimization.offload_optimizer.nvme_path", "zero_optimization.offload_optimizer.buffer_count",
    "zero_optimization.offload_optimizer.pin_memory", "zero_optimization.offload_optimizer.pipeline_read",
    "zero_optimization.offload_optimizer.pipeline_write",
    "zero_optimization.offload_optimizer.device", "zero_optimization.offload_optimizer.ratio",
    "zero_optimization.offload_optimizer.super_offload", "zero_optimization.offload_optimizer.cpuadam_cores_perc",
    "zero_optimization.offload_optimizer.delayed_update",
    "zero_optimization.offload_optimizer.delayed_update_warmup_steps",
  ]

  /// Sections of features that are refused as a whole.
  static let later: Set<String> = [
    "amp", "torch_autocast", "expert_parallel", "tensor_parallel", "pipeline", "activation_checkpointing",
    "flops_profiler", "wandb", "comet", "nebula", "datastates_ckpt", "checkpoint.writer", "data_efficiency",
    "curriculum_learning", "compression_training", "weight_quantization", "quantize_training", "eigenvalue",
    "progressive_layer_drop", "sparse_attention", "hybrid_engine", "compile", "autotuning", "elasticity",
  ]

  private static func isIn(_ set: Set<String>, _ path: String) -> Bool {
    let names = path.split(separator: ".")
    return (1...names.count).contains { set.contains(names.prefix($0).joined(separator: ".")) }
  }

  @Test("Every key does something, is refused, or says why it does nothing")
  func classification() {
    let refused = Set(LaterFeatures.all.map(\.path))
    let optimizers = LaterFeatures.supportedOptimizers.map { "optimizer.params(\($0.rawValue))" }
    for section in SchemaWalk.sections {
      let isOptimizer = section.path.hasPrefix("optimizer.params(")
      if isOptimizer, !optimizers.contains(section.path) { continue }
      let sectionPath = section.path.split(separator: "(").first.map(String.init) ?? ""
      for member in section.layout.members {
        guard case .value = member.kind else { continue }
        let path = sectionPath.isEmpty ? member.name : "\(sectionPath).\(member.name)"
        let isIdle = SettingsWithoutEffect.reason(for: SettingPath(path)) != nil
        let classes = [
          Self.isIn(Self.honoured, path), isIdle,
          refused.contains(path) || Self.isIn(Self.later, path) && !isIdle,
        ]
        let count = refused.contains(path) ? 1 : classes.filter { $0 }.count
        #expect(count == 1, "\(path): does something, is idle, is refused: \(classes)")
      }
    }
  }

  @Test("Every setting of the list exists and has a reason")
  func paths() {
    for setting in SettingsWithoutEffect.all {
      #expect(SchemaWalk.exists(setting.path), "\(setting.path)")
      #expect(setting.reason.count > 10 && !setting.reason.hasSuffix("."))
    }
  }

  @Test("The table and its JSON say that a setting has no effect, and why")
  func report() throws {
    let text = #"{"train_batch_size": 8, "zero_optimization": {"stage": 2, "reduce_scatter": false}}"#
    let values = try ConfigurationReport(.text(text)).values
    let value = try #require(values.first { $0.path.description == "zero_optimization.reduce_scatter" })
    #expect(value.noEffect?.contains("the sums are the same") == true)
    let row = try #require(
      EffectiveValuesTable(values).text.split(separator: "\n").first { $0.contains("reduce_scatter") })
    #expect(row.contains("inline configuration:1; no effect: a rank receives"))
    #expect(EffectiveValuesTable(values).json.contains("\"value\": false, \"no_effect\": \"a rank receives"))
    #expect(values.first { $0.path.description == "zero_optimization.stage" }?.noEffect == nil)
  }

  @Test("Gradients kept in 32 bits travel in 32 bits, and the report says so")
  func wire() throws {
    let bf16 = #""bf16": {"enabled": true}, "data_types": {"grad_accum_dtype": "fp32"}"#
    let plan = try planWithBatch(bf16)
    #expect(plan.communicationDataType == .float32)
    let value = plan.effectiveValues.first { $0.path.description == "communication_data_type" }
    #expect(value?.origin == .computed("data_types.grad_accum_dtype"))
    #expect(
      try planWithBatch(bf16 + #", "communication_data_type": "bf16""#).communicationDataType == .bfloat16)
  }
}
