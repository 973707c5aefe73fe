/// A setting that is accepted and changes nothing, because of how this implementation works.
struct SettingWithoutEffect: Sendable {
  /// Path of the setting, or of a section with all that is in it.
  let path: String
  /// Why it changes nothing.
  let reason: String

  init(_ path: String, _ reason: String) {
    self.path = path
    self.reason = reason
  }
}

/// The one list of them. They tune parts of Python DeepSpeed that do not exist here, or belong to features
/// that are refused when they are switched on.
enum SettingsWithoutEffect {
  static let all: [SettingWithoutEffect] = communication + stage3 + precision + parts

  private static let reasons = Dictionary(uniqueKeysWithValues: all.map { ($0.path, $0.reason) })

  private static let refused = Set(LaterFeatures.all.map(\.path))

  /// Why a setting changes nothing; nil when it does something, or its feature is refused.
  static func reason(for path: SettingPath) -> String? {
    if refused.contains(path.description) { return nil }
    let names = path.description.split(separator: ".")
    for count in (1...max(1, names.count)).reversed() {
      if let reason = reasons[names.prefix(count).joined(separator: ".")] { return reason }
    }
    return nil
  }

  private static let communication: [SettingWithoutEffect] = [
    .init("zero_optimization.contiguous_gradients", "gradients always lie in one buffer a bucket"),
    .init(
      "zero_optimization.reduce_scatter", "a rank receives no averages but its own; the sums are the same"),
    .init(
      "zero_optimization.use_multi_rank_bucket_allreduce", "one reduce-scatter a bucket serves all owners"),
    .init("zero_optimization.allgather_partitions", "weights travel by all-gathers, in place"),
    .init("zero_optimization.allgather_bucket_size", "weights travel in the buckets of reduce_bucket_size"),
    .init("allgather_size", "weights travel in the buckets of reduce_bucket_size"),
    .init("disable_allgather", "weights travel by all-gathers, in place"),
    .init("zero_optimization.compute_grad_norm", "the pass that looks for overflows yields the norm as well"),
    .init("zero_optimization.elastic_checkpoint", "every checkpoint loads on any number of ranks"),
    .init(
      "zero_optimization.parameter_alignment", "each rank's part of a bucket is aligned, not each parameter"),
    .init(
      "zero_optimization.offload_optimizer.fast_init",
      "master weights always go to their files piece by piece, as the working weights are made"),
    .init("zero_allow_untested_optimizer", "every optimizer here is made for flat partitions"),
    .init("seq_parallel_communication_data_type", "there is no sequence parallelism yet"),
    .init("data_parallel_size", "all ranks are data-parallel"),
  ]

  private static let stage3: [SettingWithoutEffect] = [
    .init(
      "zero_optimization.stage3_gather_16bit_weights_on_model_save",
      "checkpoints and exports always hold whole weights, gathered one parameter at a time"),
    .init(
      "zero_optimization.stage3_module_granularity_threshold", "leaf_module says which modules are gathered whole"),
    .init(
      "zero_optimization.stage3_use_all_reduce_for_fetch_params", "shards are read where they lie, or all-gathered"),
    .init("zero_optimization.stage3_allgather_sequential", "each module's parameters are gathered by themselves"),
    .init("zero_optimization.offload_param.buffer_size", "each module's parameters have a buffer of their size"),
    .init("zero_optimization.offload_param.pin_memory", "nothing is copied to another device on the CPU"),
    .init("zero_optimization.memory_efficient_linear", "no layer keeps gathered weights for backward"),
    .init("zero_optimization.pipeline_loading_checkpoint", "there are no pipeline stages yet"),
    .init("zero_optimization.override_module_apply", "initializers see one whole parameter at a time"),
    .init("zero_optimization.log_trace_cache_warnings", "a changed order of modules costs nothing worth a warning"),
    .init("zero_optimization.enable_sanity_checks", "the bookkeeping is always checked"),
    .init("zero_optimization.save_muon_momentum_buffer_in_memory", "there is no Muon optimizer yet"),
    .init("zero_optimization.mics_hierarchical_params_gather", "groups that span hosts always gather between hosts and then inside"),
  ]

  private static let precision: [SettingWithoutEffect] = [
    .init("fp16.auto_cast", "the inputs of a language model are whole numbers; others are the program's own"),
    .init("bf16.immediate_grad_update", "each gradient is added to its sum as soon as it appears"),
    .init("data_types.keep_in_fp32_modules", "all buffers keep their types"),
    .init("optimizer.legacy_fusion", "there is one fused implementation"),
    .init("optimizer.params.set_grad_none", "gradients leave the parameters as soon as they appear"),
    .init("zero_force_ds_cpu_optimizer", "the optimizers are the same with and without offload"),
  ]

  private static let parts: [SettingWithoutEffect] = [
    .init("timers.throughput.synchronized", "operations on the CPU have ended when their call returns"),
    .init("checkpoint.checkpoint_serialization", "checkpoints are safetensors files, which have one form"),
    .init("activation_checkpointing.number_checkpoints", "activations are not recomputed yet"),
    .init("activation_checkpointing.synchronize_checkpoint_boundary", "activations are not recomputed yet"),
    .init("activation_checkpointing.profile", "activations are not recomputed yet"),
    .init("disable_python_gc", "there is no garbage collector"),
  ]
}
