import Testing

@testable import RunSettings

@Suite struct RunPlanTests {
  @Test("An empty configuration with a batch size has DeepSpeed's defaults")
  func defaults() throws {
    let plan = try plan("{\"train_batch_size\": 8}")
    #expect(plan.precision == .float32)
    #expect(plan.optimizer == nil && plan.scheduler == nil && plan.commsLogger == nil)
    #expect(plan.gradientClipping == 1)
    #expect(plan.zero.stage == .none)
    #expect(plan.zero.reduceBucketSize == 500_000_000 && plan.zero.allgatherBucketSize == 500_000_000)
    #expect(
      plan.zero.usesReduceScatter && plan.zero.keepsGradientsContiguous && plan.zero.allgathersPartitions)
    #expect(!plan.zero.overlapsCommunication && !plan.zero.dealsGradientsRoundRobin)
    #expect(plan.communicationDataType == .float32 && plan.gradientAccumulationDataType == .float32)
    #expect(
      plan.reduction.operation == .mean && plan.reduction.predivideFactor == 1 && !plan.reduction.prescales)
    #expect(!plan.monitors.isEnabled && plan.stepsPerPrint == nil)
    #expect(plan.watching.measuresThroughput && !plan.watching.measuresWallClock)
    #expect(plan.checkpoint.tagValidation == .warn)
    #expect(plan.warnings.isEmpty)
  }

  @Test("The section aio becomes the plan of files, with DeepSpeed's defaults")
  func asyncFiles() throws {
    let plain = try planWithBatch(#""steps_per_print": 1"#).asyncFiles
    #expect(plain.blockSize == 1 << 20 && plain.queueDepth == 8 && plain.threadCount == 1)
    #expect(!plain.submitsSingly && plain.overlapsEvents)
    let written = try planWithBatch(
      #"""
      "aio": {"block_size": 8388608, "queue_depth": 32, "thread_count": 4, "single_submit": true,
      "overlap_events": false}
      """#
    ).asyncFiles
    #expect(written.blockSize == 8 << 20 && written.queueDepth == 32 && written.threadCount == 4)
    #expect(written.submitsSingly && !written.overlapsEvents)
  }

  @Test("bf16 sets the type of gradients and messages, which data types override")
  func bfloat16() throws {
    let plain = try planWithBatch(#""bf16": {"enabled": true}"#)
    #expect(
      plain.precision == .bfloat16(BFloat16Options(
          checksOverflow: true, updatesGradientsImmediately: false, keepsFloat32Masters: true)))
    #expect(plain.communicationDataType == .bfloat16 && plain.gradientAccumulationDataType == .bfloat16)
    let mixed = try planWithBatch(
      #"""
      "bf16": {"enabled": true, "immediate_grad_update": true, "check_grad_overflow": false},
      "communication_data_type": "fp32", "data_types": {"grad_accum_dtype": "float32"}
      """#
    )
    #expect(
      mixed.precision == .bfloat16(BFloat16Options(
          checksOverflow: false, updatesGradientsImmediately: true, keepsFloat32Masters: true)))
    #expect(mixed.communicationDataType == .float32 && mixed.gradientAccumulationDataType == .float32)
  }

  @Test("fp16 scales the loss adaptively at scale 0 and by a fixed factor otherwise")
  func float16() throws {
    let dynamic = try planWithBatch(
      #"""
      "fp16": {"enabled": true, "initial_scale_power": 8, "loss_scale_window": 2,
      "hysteresis": 1, "consecutive_hysteresis": true, "min_loss_scale": 4}
      """#
    )
    let scaling = DynamicLossScaling(
      initialScale: 256, window: 2, hysteresis: 1, refillsHysteresis: true, minimumScale: 4)
    #expect(dynamic.precision == .float16(
          Float16Options(lossScaling: .dynamic(scaling), castsInputs: false, keepsFloat32Masters: true)))
    let fixed = try planWithBatch(#""fp16": {"enabled": true, "loss_scale": 128, "min_loss_scale": 0}"#)
    #expect(fixed.precision == .float16(
          Float16Options(lossScaling: .fixed(128), castsInputs: false, keepsFloat32Masters: true)))
    let off = try planWithBatch(#""fp16": {"enabled": false, "loss_scale_window": -3}"#)
    #expect(off.precision == .float32)
  }

  @Test("A loss scale may be 0, whole, broken, or a number in quotes, which is advised against")
  func lossScales() throws {
    for (text, expected) in [("1", 1.0), ("2.0", 2), ("0.5", 0.5), ("\"3\"", 3)] {
      let plan = try planWithBatch("\"fp16\": {\"enabled\": true, \"loss_scale\": \(text)}")
      #expect(plan.precision == .float16(
          Float16Options(lossScaling: .fixed(expected), castsInputs: false, keepsFloat32Masters: true)))
      #expect(plan.warnings.count == (text.hasPrefix("\"") ? 1 : 0))
    }
  }

  @Test("Adam decouples its weight decay unless told otherwise, AdamW always")
  func adam() throws {
    func kind(_ type: String, _ parameters: String = "") throws -> String {
      switch try planWithBatch("\"optimizer\": {\"type\": \"\(type)\", \"params\": {\(parameters)}}")
        .optimizer
      {
      case .adam: "Adam"
      case .adamW: "AdamW"
      default: "other"
      }
    }
    #expect(try kind("Adam") == "AdamW")
    #expect(try kind("ADAM", "\"adam_w_mode\": false") == "Adam")
    #expect(try kind("adamw", "\"adam_w_mode\": false") == "AdamW")
    let options = try planWithBatch(
      #"""
      "optimizer": {"type": "AdamW", "params": {"lr": 3e-4, "betas": [0.8, 0.95], "eps": 1e-6,
      "weight_decay": 0.1, "bias_correction": false, "torch_adam": true}}
      """#
    ).optimizer
    guard case .adamW(let adam) = options else {
      Issue.record("not AdamW")
      return
    }
    #expect(adam.learningRate == 3e-4 && adam.betas == [0.8, 0.95] && adam.epsilon == 1e-6)
    #expect(adam.weightDecay == 0.1 && !adam.correctsBias && adam.usesReference)
  }

  @Test("Weight decay that is not written is 0, or PyTorch's 0.01 for its own AdamW")
  func weightDecay() throws {
    let cases = [
      ("AdamW", "", 0.0), ("AdamW", "\"torch_adam\": true", 0.01), ("Adam", "\"torch_adam\": true", 0.01),
      ("Adam", "\"torch_adam\": true, \"adam_w_mode\": false", 0),
      ("AdamW", "\"torch_adam\": true, \"weight_decay\": 0", 0),
    ]
    for (type, parameters, expected) in cases {
      let plan = try planWithBatch("\"optimizer\": {\"type\": \"\(type)\", \"params\": {\(parameters)}}")
      switch plan.optimizer {
      case .adam(let options), .adamW(let options): #expect(options.weightDecay == expected, "\(parameters)")
      default: Issue.record("not Adam")
      }
    }
  }

  @Test("SGD takes PyTorch's parameters")
  func sgd() throws {
    let plan = try planWithBatch(
      #"""
      "optimizer": {"type": "SGD", "params": {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01,
      "nesterov": true}}
      """#
    )
    guard case .sgd(let sgd) = plan.optimizer else {
      Issue.record("not SGD")
      return
    }
    #expect(sgd.learningRate == 0.1 && sgd.momentum == 0.9 && sgd.dampening == 0)
    #expect(sgd.weightDecay == 0.01 && sgd.usesNesterov)
    #expect(plan.optimizer?.learningRate == 0.1)
  }

  @Test("Every schedule is read with its defaults")
  func schedules() throws {
    func scheduler(_ type: String, _ parameters: String = "") throws -> SchedulerPlan? {
      try planWithBatch("\"scheduler\": {\"type\": \"\(type)\", \"params\": {\(parameters)}}").scheduler
    }
    #expect(
      try scheduler("WarmupLR", "\"warmup_max_lr\": [0.1, 0.2], \"warmup_type\": \"linear\"")
        == .warmup(
          WarmupOptions(
            minimumRate: .same(0), maximumRate: .each([0.1, 0.2]), warmupSteps: 1000, shape: .linear,
            lastStep: -1)))
    #expect(
      try scheduler("WarmupDecayLR", "\"total_num_steps\": 5000")
        == .warmupDecay(
          WarmupOptions(
            minimumRate: .same(0), maximumRate: .same(1e-3), warmupSteps: 1000, shape: .log, lastStep: -1),
          totalSteps: 5000))
    #expect(
      try scheduler("warmupcosinelr", "\"total_num_steps\": 1e4, \"warmup_num_steps\": 5")
        == .warmupCosine(
          WarmupCosineOptions(
            totalSteps: 10_000, warmupMinimumRatio: 0, warmupSteps: 5, cosineMinimumRatio: 1e-4, shape: .log,
            lastStep: -1)))
    #expect(
      try scheduler("LRRangeTest")
        == .rangeTest(
          RangeTestOptions(
            minimumRate: .same(1e-3), stepSize: 2000, stepRate: 1, isStaircase: false, lastStep: -1)))
    let cycle = OneCycleOptions(
      minimumRate: .same(0.1), maximumRate: .same(1), decayRate: 0, firstStepSize: 30, secondStepSize: 30,
      firstStairCount: 4, secondStairCount: 4, decayStepSize: 0, cyclesMomentum: true,
      minimumMomentum: .same(0.8), maximumMomentum: .same(0.9), decayMomentumRate: 0, lastStep: -1)
    #expect(
      try scheduler(
        "OneCycle",
        #""cycle_min_lr": 0.1, "cycle_max_lr": 1, "cycle_first_step_size": 30, "cycle_first_stair_count": 4"#
      )
        == .oneCycle(cycle))
  }

  @Test("A warm-up longer than the run is a warning")
  func longWarmup() throws {
    let plan = try planWithBatch(
      #""scheduler": {"type": "WarmupDecayLR", "params": {"total_num_steps": 10}}"#)
    #expect(plan.warnings.count == 1)
    #expect(plan.warnings[0].description.contains("warmup_num_steps, 1000"))
  }

  @Test("ZeRO 1 and 2 with their pieces")
  func zero() throws {
    let plan = try planWithBatch(
      #"""
      "zero_optimization": {"stage": 2, "reduce_bucket_size": 5e6, "allgather_bucket_size": 2e6,
      "overlap_comm": true, "round_robin_gradients": true, "reduce_scatter": false,
      "contiguous_gradients": false, "ignore_unused_parameters": true},
      "disable_allgather": true
      """#
    )
    #expect(plan.zero.stage == .gradients && plan.zero.stage > .optimizerStates)
    #expect(plan.zero.reduceBucketSize == 5_000_000 && plan.zero.allgatherBucketSize == 2_000_000)
    #expect(plan.zero.overlapsCommunication && plan.zero.dealsGradientsRoundRobin)
    #expect(!plan.zero.usesReduceScatter && !plan.zero.keepsGradientsContiguous)
    #expect(plan.zero.ignoresUnusedParameters && !plan.zero.allgathersPartitions)
  }

  @Test("Monitors, the communication log, timers and checkpoints")
  func watching() throws {
    let plan = try planWithBatch(
      #"""
      "tensorboard": {"enabled": true, "output_path": "logs", "job_name": "a"},
      "csv_monitor": {"enabled": true}, "jsonl_monitor": {"enabled": true, "job_name": "b"},
      "comms_logger": {"enabled": true, "prof_all": false, "prof_ops": ["all_reduce"]},
      "wall_clock_breakdown": true, "steps_per_print": 10,
      "checkpoint": {"tag_validation": "fail"}, "log_level": "WARN",
      "timers": {"throughput": {"enabled": false}}
      """#
    )
    #expect(plan.monitors.tensorboard == MonitorPlan(outputPath: "logs", jobName: "a"))
    #expect(plan.monitors.csv == MonitorPlan(outputPath: "", jobName: "DeepSpeedJobName"))
    #expect(plan.monitors.jsonl?.jobName == "b")
    #expect(plan.commsLogger?.operations == [.allReduce])
    #expect(plan.watching.measuresWallClock && !plan.watching.measuresThroughput)
    #expect(plan.watching.logLevel == .warning && plan.stepsPerPrint == 10)
    #expect(plan.checkpoint.tagValidation == .fail)
  }
}
