import Testing

@testable import RunSettings

/// A text inside an object with a batch size, and what the one message about it must contain.
struct WrongInput: Sendable, CustomTestStringConvertible {
  let members: String
  let kind: ConfigurationProblem.Kind
  let path: String
  let parts: [String]

  init(_ members: String, _ kind: ConfigurationProblem.Kind, _ path: String, _ parts: String...) {
    self.members = members
    self.kind = kind
    self.path = path
    self.parts = parts
  }

  var testDescription: String { members }
}

@Suite struct WrongInputTests {
  static let names: [WrongInput] = [
    WrongInput(#""bf_16": {}"#, .unknownKey, "bf_16", "did you mean 'bf16'?"),
    WrongInput(#""zero_optimisation": {}"#, .unknownKey, "zero_optimisation", "'zero_optimization'"),
    WrongInput(#""gradient_cliping": 1"#, .unknownKey, "gradient_cliping", "'gradient_clipping'"),
    WrongInput(#""Optimizer": {}"#, .unknownKey, "Optimizer", "'optimizer'"),
    WrongInput(
      #""micro_batch_size_per_gpu_": 1, "train_micro_batch_size_pergpu": 1"#, .unknownKey,
      "train_micro_batch_size_pergpu", "'train_micro_batch_size_per_gpu'"),
    WrongInput(#""fp16": {"loss_scael": 1}"#, .unknownKey, "fp16.loss_scael", "'loss_scale'"),
    WrongInput(
      #""bf16": {"check_overflow": 1}"#, .unknownKey, "bf16.check_overflow", "one of the 5 keys of bf16"),
    WrongInput(
      #""zero_optimization": {"offload": {}}"#, .unknownKey, "zero_optimization.offload", "found an"),
    WrongInput(
      #""zero_optimization": {"offload_param": {"devcie": "cpu"}}"#, .unknownKey,
      "zero_optimization.offload_param.devcie", "'device'"),
    WrongInput(
      #""zero_optimization": {"gradient_clipping": 1}"#, .unknownKey,
      "zero_optimization.gradient_clipping", "'gradient_clipping' belongs at the top level"),
    WrongInput(#""fp16": {"stage": 2}"#, .unknownKey, "fp16.stage", "'stage' belongs in zero_optimization"),
    WrongInput(#""optimizer": {"lr": 1}"#, .unknownKey, "optimizer.lr", "'lr' belongs in optimizer.params"),
    WrongInput(
      #""optimizer": {"type": "Adam", "params": {"momentum": 1}}"#, .unknownKey,
      "optimizer.params.momentum", "SGD"),
    WrongInput(
      #""scheduler": {"type": "WarmupLR", "params": {"total_num_steps": 9}}"#, .unknownKey,
      "scheduler.params.total_num_steps", "WarmupDecayLR"),
    WrongInput(
      #""checkpoint": {"tag_validaton": "Warn"}"#, .unknownKey, "checkpoint.tag_validaton", "tag_validation"),
    WrongInput(#""timers": {"throughputs": {}}"#, .unknownKey, "timers.throughputs", "'throughput'"),
    WrongInput(
      #""steps_per_print": 1, "steps_per_print": 2"#, .duplicateKey, "steps_per_print", "a second time"),
    WrongInput(#""fp16": {"enabled": false, "enabled": false}"#, .duplicateKey, "fp16.enabled", "line 1"),
    WrongInput(#""bf16": {}, "bfloat16": {}"#, .contradiction, "bfloat16", "both 'bf16' and 'bfloat16'"),
    WrongInput(
      #""zero_optimization": {"max_live_parameters": 1, "stage3_max_live_parameters": 1}"#, .contradiction,
      "zero_optimization.stage3_max_live_parameters", "one of these two names"),
  ]

  static let values: [WrongInput] = [
    WrongInput(
      #""gradient_clipping": "high""#, .wrongType, "gradient_clipping", #"found "high""#,
      "a number, at least 0"),
    WrongInput(#""gradient_clipping": -1"#, .outOfRange, "gradient_clipping", "found -1", "at least 0"),
    WrongInput(#""gradient_clipping": null"#, .wrongType, "gradient_clipping", "found null"),
    WrongInput(#""gradient_clipping": true"#, .wrongType, "gradient_clipping", "found true"),
    WrongInput(#""steps_per_print": 0"#, .outOfRange, "steps_per_print", "at least 1"),
    WrongInput(#""steps_per_print": 2.5"#, .wrongType, "steps_per_print", "a whole number"),
    WrongInput(#""wall_clock_breakdown": "no""#, .wrongType, "wall_clock_breakdown", "true or false"),
    WrongInput(#""wall_clock_breakdown": 2"#, .wrongType, "wall_clock_breakdown", "found 2"),
    WrongInput(#""prescale_gradients": []"#, .wrongType, "prescale_gradients", "found []"),
    WrongInput(
      #""gradient_predivide_factor": 0"#, .outOfRange, "gradient_predivide_factor", "greater than 0"),
    WrongInput(
      #""gradient_allreduce_op": "avg""#, .unknownChoice, "gradient_allreduce_op", #"one of "mean", "sum""#),
    WrongInput(#""gradient_allreduce_op": "maen""#, .unknownChoice, "gradient_allreduce_op", "'mean'"),
    WrongInput(#""communication_data_type": "bfp16""#, .unknownChoice, "communication_data_type", "'fp16'"),
    WrongInput(#""communication_data_type": 16"#, .wrongType, "communication_data_type", "found 16"),
    WrongInput(#""log_level": "loud""#, .unknownChoice, "log_level", #""warning""#),
    WrongInput(#""zero_optimization": {"stage": 4}"#, .wrongType, "zero_optimization.stage", "0, 1, 2 or 3"),
    WrongInput(
      #""zero_optimization": {"stage": "two"}"#, .wrongType, "zero_optimization.stage", #"found "two""#),
    WrongInput(#""zero_optimization": {"stage": 1.5}"#, .wrongType, "zero_optimization.stage", "found 1.5"),
    WrongInput(#""zero_optimization": 2"#, .wrongType, "zero_optimization", "an object"),
    WrongInput(
      #""zero_optimization": {"reduce_bucket_size": 0}"#, .outOfRange,
      "zero_optimization.reduce_bucket_size", "at least 1"),
    WrongInput(
      #""zero_optimization": {"reduce_bucket_size": 1e30}"#, .wrongType,
      "zero_optimization.reduce_bucket_size", "found 1e30"),
    WrongInput(
      #""zero_optimization": {"offload_optimizer": {"device": "gpu"}}"#, .unknownChoice,
      "zero_optimization.offload_optimizer.device", #""nvme""#),
    WrongInput(
      #""zero_optimization": {"offload_optimizer": {"ratio": 1.5}}"#, .outOfRange,
      "zero_optimization.offload_optimizer.ratio", "from 0 to 1"),
    WrongInput(#""fp16": {"loss_scale": -1}"#, .outOfRange, "fp16.loss_scale", "at least 0"),
    WrongInput(#""fp16": {"loss_scale": true}"#, .wrongType, "fp16.loss_scale", "a number"),
    WrongInput(#""fp16": {"loss_scale": [1]}"#, .wrongType, "fp16.loss_scale", "a number"),
    WrongInput(#""fp16": {"loss_scale": "inf"}"#, .wrongType, "fp16.loss_scale", "a number"),
    WrongInput(
      #""fp16": {"enabled": true, "loss_scale_window": 0}"#, .outOfRange, "fp16.loss_scale_window",
      "loss scale is adaptive"),
    WrongInput(
      #""fp16": {"enabled": true, "min_loss_scale": -1}"#, .outOfRange, "fp16.min_loss_scale", "at least 1"),
    WrongInput(#""fp16": {"min_loss_scale": true}"#, .wrongType, "fp16.min_loss_scale", "a whole number"),
    WrongInput(
      #""fp16": {"loss_scale_window": "abc"}"#, .wrongType, "fp16.loss_scale_window", "a whole number"),
    WrongInput(
      #""fp16": {"loss_scale_window": null}"#, .wrongType, "fp16.loss_scale_window", "a whole number"),
    WrongInput(
      #""fp16": {"initial_scale_power": 128}"#, .outOfRange, "fp16.initial_scale_power", "from 0 to 127"),
    WrongInput(
      #""checkpoint": {"tag_validation": "Maybe"}"#, .unknownChoice, "checkpoint.tag_validation", #""Fail""#),
    WrongInput(#""optimizer": {"type": "Adamm"}"#, .unknownChoice, "optimizer.type", "'Adam'"),
    WrongInput(#""optimizer": {"type": 3}"#, .wrongType, "optimizer.type", "found 3"),
    WrongInput(
      #""optimizer": {"type": "AdamW", "params": [1]}"#, .wrongType, "optimizer.params", "an object"),
    WrongInput(
      #""optimizer": {"type": "AdamW", "params": {"lr": -1}}"#, .outOfRange, "optimizer.params.lr",
      "at least 0"),
    WrongInput(
      #""optimizer": {"type": "AdamW", "params": {"betas": [0.9, 1]}}"#, .outOfRange,
      "optimizer.params.betas", "less than 1"),
    WrongInput(
      #""optimizer": {"type": "AdamW", "params": {"betas": [0.9]}}"#, .outOfRange,
      "optimizer.params.betas", "two numbers"),
    WrongInput(
      #""optimizer": {"type": "AdamW", "params": {"betas": [0.9, "x"]}}"#, .wrongType,
      "optimizer.params.betas", "a list"),
    WrongInput(#""optimizer": {"params": {"lr": 1}}"#, .missing, "optimizer.params", #"without "type""#),
    WrongInput(#""scheduler": {"type": "WarmUpLr2"}"#, .unknownChoice, "scheduler.type", "'WarmupLR'"),
    WrongInput(#""scheduler": {"type": "StepLR"}"#, .unknownChoice, "scheduler.type", #""WarmupCosineLR""#),
    WrongInput(
      #""scheduler": {"type": "WarmupLR", "params": {"warmup_num_steps": 0}}"#, .outOfRange,
      "scheduler.params.warmup_num_steps", "at least 1"),
    WrongInput(
      #""scheduler": {"type": "WarmupLR", "params": {"warmup_type": "cubic"}}"#, .unknownChoice,
      "scheduler.params.warmup_type", #""linear""#),
    WrongInput(
      #""scheduler": {"type": "LRRangeTest", "params": {"lr_range_test_step_size": -5}}"#, .outOfRange,
      "scheduler.params.lr_range_test_step_size", "at least 1"),
    WrongInput(
      #""scheduler": {"type": "OneCycle", "params": {"cycle_min_lr": 0.1}}"#, .missing,
      "scheduler.params.cycle_max_lr", #"without "cycle_max_lr""#),
    WrongInput(
      #""scheduler": {"type": "WarmupDecayLR"}"#, .missing, "scheduler.params.total_num_steps", "auto"),
    WrongInput(
      #""scheduler": {"type": "WarmupCosineLR", "params": {"total_num_steps": "auto"}}"#, .missing,
      "scheduler.params.total_num_steps", "WarmupCosineLR without a number of steps"),
    WrongInput(
      #""csv_monitor": {"enabled": true, "job_name": 3}"#, .wrongType, "csv_monitor.job_name", "a string"),
    WrongInput(#""tensorboard": true"#, .wrongType, "tensorboard", "an object"),
    WrongInput(#""comms_logger": {"prof_ops": [1]}"#, .wrongType, "comms_logger.prof_ops", "a list"),
  ]

  static let rules: [WrongInput] = [
    WrongInput(
      #""zero_optimization": {"stage": 2, "zero_quantized_weights": true}"#, .contradiction,
      "zero_optimization.zero_quantized_weights", "stage 3"),
    WrongInput(
      #""zero_optimization": {"stage": 2, "zero_quantized_gradients": true}"#, .contradiction,
      "zero_optimization.zero_quantized_gradients", "stage 3"),
    WrongInput(
      #""zero_optimization": {"stage": 1, "zero_hpz_partition_size": 8}"#, .contradiction,
      "zero_optimization.zero_hpz_partition_size", "stage 3"),
    WrongInput(
      #""zero_optimization": {"stage": 2, "zero_quantized_nontrainable_weights": true}"#, .contradiction,
      "zero_optimization.zero_quantized_nontrainable_weights", "stage 3"),
    WrongInput(
      #""zero_optimization": {"stage": 1, "mics_shard_size": 4}"#, .contradiction,
      "zero_optimization.mics_shard_size", "stage 3"),
    WrongInput(
      #""zero_optimization": {"stage": 3, "mics_shard_size": 2, "zero_hpz_partition_size": 2}"#, .contradiction,
      "zero_optimization.zero_hpz_partition_size", "one of them"),
    WrongInput(
      #""zero_optimization": {"stage": 3, "mics_shard_size": 2, "zero_quantized_gradients": true}"#, .contradiction,
      "zero_optimization.zero_quantized_gradients", "one of them"),
    WrongInput(
      #""zero_optimization": {"stage": 3, "mics_shard_size": 3}"#, .contradiction,
      "zero_optimization.mics_shard_size", "a divisor of the number of ranks"),
    WrongInput(
      #""zero_optimization": {"stage": 3, "zero_hpz_partition_size": 8}"#, .contradiction,
      "zero_optimization.zero_hpz_partition_size", "a divisor of the number of ranks"),
    WrongInput(
      #""zero_optimization": {"stage": 3, "zeropp_loco_param": {}}"#, .contradiction,
      "zero_optimization.zeropp_loco_param", "zero_quantized_gradients"),
    WrongInput(
      #""fp16": {"enabled": true}, "bf16": {"enabled": true}"#, .contradiction, "bf16.enabled", "only one"),
    WrongInput(
      #""optimizer": {"type": "AdamW", "params": {"max_grad_norm": 1}}"#, .contradiction,
      "optimizer.params.max_grad_norm", #""gradient_clipping": 1.0"#),
    WrongInput(
      #""optimizer": {"type": "AdamW", "params": {"amsgrad": true}}"#, .contradiction,
      "optimizer.params.amsgrad", "no AMSGrad"),
    WrongInput(
      #""optimizer": {"type": "SGD", "params": {"nesterov": true}}"#, .contradiction,
      "optimizer.params.nesterov", "a momentum above 0"),
    WrongInput(
      #""zero_optimization": {"stage": 1, "allgather_bucket_size": 7}"#, .outOfRange,
      "zero_optimization.allgather_bucket_size", "a multiple of 2"),
    WrongInput(
      #""zero_optimization": {"stage": 1, "legacy_stage1": true}"#, .contradiction,
      "zero_optimization.legacy_stage1", "gone"),
    WrongInput(
      #""zero_optimization": {"stage": 1, "compute_grad_norm": false}"#, .contradiction,
      "zero_optimization.compute_grad_norm", "gradient_clipping: 0"),
    WrongInput(
      #""zero_optimization": {"compute_grad_norm": false}"#, .contradiction,
      "zero_optimization.compute_grad_norm", "stages 1 and 2"),
    WrongInput(
      #""data_types": {"param_dtype": "bf16"}"#, .contradiction, "data_types.param_dtype", #"expected "fp32""#
    ),
    WrongInput(
      #""bf16": {"enabled": true}, "data_types": {"param_dtype": "fp32"}"#, .contradiction,
      "data_types.param_dtype", #"expected "bf16""#),
    WrongInput(
      #""zero_optimization": {"stage": 2, "offload_optimizer": {"device": "cpu"}, "zenflow": {"select_interval": 1, "update_interval": 4}}"#,
      .contradiction,
      "zero_optimization.zenflow.select_interval", "at least update_interval, 4"),
    WrongInput(
      #""zero_optimization": {"stage": 3, "offload_optimizer": {"super_offload": true}}"#, .contradiction,
      "zero_optimization.offload_optimizer.super_offload", #"device "cpu" or "nvme""#),
    WrongInput(
      #""zero_optimization": {"offload_optimizer": {"device": "cpu", "delayed_update": true}}"#, .contradiction,
      "zero_optimization.offload_optimizer.delayed_update", "stage 1, 2 or 3"),
    WrongInput(
      #""zero_optimization": {"stage": 2, "offload_optimizer": {"device": "cpu", "delayed_update": true, "super_offload": true}}"#,
      .contradiction, "zero_optimization.offload_optimizer.delayed_update", "only one of the two"),
    WrongInput(
      #""optimizer": {"type": "Lamb"}, "zero_optimization": {"stage": 2, "offload_optimizer": {"device": "cpu", "super_offload": true}}"#,
      .contradiction, "zero_optimization.offload_optimizer.super_offload", "another optimizer"),
    WrongInput(
      #""zero_optimization": {"stage": 2, "zenflow": {}}"#, .contradiction,
      "zero_optimization.zenflow", #"offload_optimizer.device "cpu""#),
    WrongInput(
      #""zero_optimization": {"offload_optimizer": {"device": "cpu"}, "zenflow": {}}"#, .contradiction,
      "zero_optimization.zenflow", "stage 1, 2 or 3"),
    WrongInput(
      #""zero_optimization": {"stage": 2, "offload_optimizer": {"device": "cpu"}, "zenflow": {}}, "optimizer": {"type": "Lion"}"#,
      .contradiction, "zero_optimization.zenflow", #""AdamW""#),
    WrongInput(
      #""zero_optimization": {"stage": 2, "offload_optimizer": {"device": "cpu"}, "zenflow": {"offload": true}}"#,
      .contradiction, "zero_optimization.zenflow.offload", "overlap_comm: true"),
    WrongInput(
      #""zero_optimization": {"stage": 2, "offload_optimizer": {"device": "cpu"}, "zenflow": {"select_strategy": "step"}}"#,
      .contradiction, "zero_optimization.zenflow.select_interval", "a number"),
    WrongInput(
      #""zero_optimization": {"offload_optimizer": {"ratio": 0.5}}"#, .contradiction,
      "zero_optimization.offload_optimizer.ratio", "stage 3"),
    WrongInput(
      #""zero_optimization": {"cpu_offload": true, "offload_optimizer": {}}"#, .contradiction,
      "zero_optimization.cpu_offload", "replaces 'cpu_offload'"),
    WrongInput(
      #""zero_optimization": {"cpu_offload": 3}"#, .wrongType, "zero_optimization.cpu_offload",
      "true or false"),
    WrongInput(
      #""expert_parallel": {"num_limited_groups": 4, "num_expert_groups": 2}"#, .contradiction,
      "expert_parallel.num_limited_groups", "at most num_expert_groups, 2"),
    WrongInput(
      #""expert_parallel": {"load_balance_coeff": 0.1}"#, .contradiction,
      "expert_parallel.load_balance_coeff", "expected null"),
  ]

  @Test("A wrong name, value or combination is one message with its place", arguments: names + values + rules)
  func message(_ input: WrongInput) throws {
    let found = problemsWithBatch(input.members)
    let matching = try #require(found.first { $0.path.description == input.path }, "\(found)")
    #expect(matching.kind == input.kind, "\(matching)")
    for part in input.parts { #expect(matching.description.contains(part), "\(matching)") }
    #expect(matching.line == 1)
    #expect(matching.description.hasPrefix("inline configuration:1:"))
    if !input.parts.isEmpty { #expect(found.filter { $0.kind != .notYetSupported }.count == 1, "\(found)") }
  }

  @Test("All problems of a text come at once, in the order of the text")
  func several() {
    let text = """
      {
        "train_batch_size": 8,
        "fp16": {"enabled": "maybe", "loss_scale": -2},
        "zero_optimization": {"stage": 7, "redcue_scatter": true},
        "optimizer": {"type": "AdamW", "params": {"lr": "fast"}},
        "gradient_accumulation_steps": 3
      }
      """
    let found = problems(text)
    #expect(found.map(\.line) == [2, 3, 3, 4, 4, 5], "\(found)")
    #expect(found.map(\.column) == [23, 23, 46, 34, 37, 51], "\(found)")
  }

  @Test("Many wrong keys are cut off at a limit")
  func flood() {
    let many = (0..<5000).map { "\"wrong\($0)\": 1" }.joined(separator: ", ")
    let found = problems("{\"train_batch_size\": 8, \"fp16\": {\(many)}}")
    #expect(found.count == ConfigurationError.problemLimit)
  }

  @Test("Unknown names at the top are warnings, and errors in a strict reading")
  func strict() throws {
    let text = #"{"train_batch_size": 8, "my_notes": "x", "stage": 2, "steps_per_print": "5"}"#
    let plan = try plan(text)
    #expect(plan.warnings.map(\.path.description) == ["my_notes", "stage", "steps_per_print"])
    #expect(plan.warnings[1].suggestion == "'stage' belongs in zero_optimization")
    #expect(plan.stepsPerPrint == 5)
    #expect(problems(text, strict: true).map(\.path.description) == ["my_notes", "stage", "steps_per_print"])
  }
}
