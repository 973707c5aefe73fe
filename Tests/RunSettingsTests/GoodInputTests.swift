import Testing

@testable import RunSettings

@Suite struct GoodInputTests {
  /// The inside of objects that are accepted without an error and without a warning.
  static let members: [String] = [
    #""gradient_clipping": 0"#, #""gradient_clipping": 1e-1"#, #""steps_per_print": null"#,
    #""steps_per_print": 2000"#,
    #""gradient_accumulation_steps": 2.0"#, #""communication_data_type": "fp16""#,
    #""communication_data_type": "FP32""#, #""communication_data_type": null"#,
    #""seq_parallel_communication_data_type": "bf16""#, #""prescale_gradients": true"#,
    #""prescale_gradients": true, "gradient_predivide_factor": 2"#, #""gradient_allreduce_op": "sum""#,
    #""gradient_allreduce_op": "MEAN""#, #""disable_allgather": false, "dump_state": true"#,
    #""zero_allow_untested_optimizer": true"#, #""dataloader_drop_last": true, "memory_breakdown": true"#,
    #""vocabulary_size": 50304"#, #""bf16": {"enabled": true}"#, #""bfloat16": {"enabled": true}"#,
    #""bf16": {}"#,
    #""bf16": null"#, #""fp16": {"enabled": true}"#,
    #""fp16": {"enabled": true, "loss_scale": 128, "loss_scale_window": 0, "min_loss_scale": -1}"#,
    #""fp16": {"enabled": true, "auto_cast": true, "initial_scale_power": 0}"#,
    #""data_types": {"grad_accum_dtype": "fp32", "keep_in_fp32_modules": ["norm"]}"#,
    #""data_types": {"param_dtype": "float32", "keep_in_fp32_modules": "auto"}"#,
    #""bf16": {"enabled": true}, "data_types": {"param_dtype": "bf16"}"#,
    #""zero_optimization": {"stage": 0}"#,
    #""zero_optimization": {"stage": 1, "reduce_bucket_size": 5e8}"#,
    #""zero_optimization": {"stage": 2, "overlap_comm": null, "sub_group_size": 1e9}"#,
    #""zero_optimization": {"stage": 2, "compute_grad_norm": false}, "gradient_clipping": 0.0"#,
    #""zero_optimization": {"stage": 0, "allgather_bucket_size": 7}"#,
    #""zero_optimization": {"stage": 2, "offload_optimizer": {"device": "none", "pin_memory": true}}"#,
    #""zero_optimization": {"stage": 1, "leaf_module": {"classes": ["A"], "names": []}}"#,
    #""optimizer": {"type": "Adam", "params": {"lr": 0.001, "betas": [0.9, 0.999]}}"#,
    #""optimizer": {"type": "sgd"}"#,
    #""optimizer": {"type": "AdamW", "params": {"max_grad_norm": 0}}"#, #""optimizer": null"#,
    #""optimizer": {}"#,
    #""optimizer": {"type": "AdamW", "params": null}"#, #""scheduler": {"type": "WarmupLR"}"#,
    #""scheduler": {"type": "OneCycle", "params": {"cycle_min_lr": [0.1, 0.2], "cycle_max_lr": 1}}"#,
    #""scheduler": {"type": "LRRangeTest", "params": {"lr_range_test_staircase": true}}"#,
    #""tensorboard": {"enabled": true, "output_path": "a b/\u00e9"}"#, #""jsonl_monitor": {"enabled": true}"#,
    #""comms_logger": {"enabled": true, "verbose": true, "debug": true, "prof_ops": []}"#,
    #""timers": {"throughput": {"enabled": true, "synchronized": false}}"#,
    #""activation_checkpointing": {"number_checkpoints": 4, "profile": true}"#,
    #""checkpoint": {"tag_validation": "IGNORE"}"#,
    #""aio": {"block_size": 262144, "queue_depth": 32, "single_submit": true}"#,
    #""pipeline": {"stages": "auto", "seed_layers": true}"#, #""pipeline": {"stages": 1}"#,
    #""tensor_parallel": {"autotp_size": 0, "preset_model": "llama"}"#, #""sequence_parallel_size": 1"#,
    #""compression_training": {"row_pruning": {"different_groups": {"a b.c": {"params": {}}}}}"#,
    #""sparse_gradients": false, "amp": {"enabled": false, "opt_level": "O1", "other": {"x": [1, null]}}"#,
    #""hybrid_engine": {"enabled": false, "max_out_tokens": 256}"#,
    #""compile": {"deepcompile": false, "passes": ["z1", "autosp"]}"#,
    #""zero_optimization": {"stage": 2,}, // comment"#,
  ]

  @Test("A configuration that DeepSpeed takes is taken without a word", arguments: members)
  func accepted(members: String) throws {
    let text = "{\"train_batch_size\": 8, \(members)\n}"
    let plan = try plan(text, strict: true)
    #expect(plan.warnings.isEmpty, "\(plan.warnings)")
    #expect(plan.batch.trainBatchSize == 8)
  }

  @Test("There are at least forty of them")
  func count() { #expect(Self.members.count >= 40) }
}
