import Collectives
import Optimizers
import RunSettings
import TestSupport
import Testing
import Torch
import ZeRO

@testable import Training

/// Plans of texts for tests.
enum TrainingTestPlan {
  static func plan(_ members: String, ranks: Int = 2) throws -> RunPlan {
    let text = """
      {"train_batch_size": 8, "optimizer": {"type": "AdamW", "params": {"lr": 1e-2}}, \(members)}
      """
    return try RunPlan(.text(text), facts: RunFacts(worldSize: ranks))
  }

  static func settings(_ members: String, ranks: Int = 2) throws -> EngineSettings {
    try EngineSettings(plan: try plan(members, ranks: ranks))
  }
}

/// Keys of a config reach the engine.
@Suite struct EngineSettingsPlanTests {
  @Test func `what is watched`() throws {
    let watching = try TrainingTestPlan.settings(
      #"""
      "wall_clock_breakdown": true, "memory_breakdown": true, "steps_per_print": 7, "log_level": "error",
      "timers": {"throughput": {"enabled": false}},
      "comms_logger": {"enabled": true, "verbose": true, "debug": true, "prof_all": false,
        "prof_ops": ["all_gather_into_tensor", "recv"]}
      """#
    ).watching
    #expect(watching.measuresWallClock && watching.measuresMemory && !watching.measuresThroughput)
    #expect(watching.stepsPerPrint == 7 && watching.logLevel == .error && watching.stateDump == nil)
    #expect(watching.showsEachOperation)
    #expect(
      watching.communicationLog
        == CommunicationLogOptions(operations: [.allGather, .receive], includesLabels: true))
    let plain = try TrainingTestPlan.settings(#""comms_logger": {"verbose": true}"#).watching
    #expect(plain == EngineSettings.Watching())
  }

  @Test func `checkpoints`() throws {
    let settings = try TrainingTestPlan.settings(
      #""checkpoint": {"tag_validation": "fail"}, "zero_optimization": {"load_from_fp32_weights": false}"#)
    #expect(settings.tagValidation == .fail && !settings.loadsFloat32Masters)
    let plain = try TrainingTestPlan.settings(#""zero_optimization": {"stage": 1}"#)
    #expect(plain.tagValidation == .warn && plain.loadsFloat32Masters)
  }

  @Test(
    arguments: [
      ("", nil, nil), (#""data_types": {"grad_accum_dtype": "fp32"},"#, DType.float32, nil),
      (
        #""data_types": {"grad_accum_dtype": "fp32"}, "communication_data_type": "bf16","#, .float32,
        DType.bfloat16
      ),
      (#""communication_data_type": "fp32","#, nil, .float32),
    ] as [(String, DType?, DType?)])
  func `types of gradients and of what travels`(members: String, gradients: DType?, wire: DType?) throws {
    let zero = try TrainingTestPlan.settings(members + #" "bf16": {"enabled": true}"#).zero
    #expect(zero.gradientDType == gradients && zero.communicationDType == wire)
  }

  @Test func `scaling and order of the reduction`() throws {
    let zero = try TrainingTestPlan.settings(
      #"""
      "prescale_gradients": true, "gradient_predivide_factor": 2.0, "gradient_allreduce_op": "sum",
      "zero_optimization": {"stage": 2, "round_robin_gradients": true, "overlap_comm": true,
        "reduce_bucket_size": 1000}
      """#
    ).zero
    #expect(zero.prescaleGradients && zero.gradientPredivideFactor == 2 && !zero.averagesGradients)
    #expect(zero.roundRobinGradients && zero.overlapCommunication && zero.reduceBucketSize == 1000)
  }

  @Test(
    arguments: [
      (#""Adagrad", "params": {"lr": 0.5, "eps": 1e-3, "weight_decay": 0.1}"#,
        .adagrad(AdagradOptions(learningRate: 0.5, epsilon: 1e-3, weightDecay: 0.1))),
      (#""lion", "params": {"lr": 0.5, "betas": [0.7, 0.8], "weight_decay": 0.1}"#,
        .lion(LionOptions(learningRate: 0.5, beta1: 0.7, beta2: 0.8, weightDecay: 0.1))),
      (#""Lamb", "params": {"betas": [0.7, 0.8], "eps_inside_sqrt": true, "max_coeff": 3, "min_coeff": 0.5, "bias_correction": false}"#,
        .lamb(
          LambOptions(
            beta1: 0.7, beta2: 0.8, addsEpsilonInsideRoot: true, maximumRatio: 3, minimumRatio: 0.5,
            correctsBias: false))),
    ] as [(String, OptimizerOptions)])
  func `optimizers`(section: String, expected: OptimizerOptions) throws {
    let text = #"{"train_batch_size": 8, "optimizer": {"type": \#(section)}}"#
    let plan = try RunPlan(.text(text), facts: RunFacts(worldSize: 2))
    #expect(try EngineSettings(plan: plan).optimizer == expected)
  }

  @Test(
    arguments: [
      (#""bf16": {"enabled": true}, "optimizer": {"type": "Lion"}"#, DType.float32, true),
      (#""bf16": {"enabled": true}, "optimizer": {"type": "Lion", "params": {"fp32_optimizer_states": false}}"#,
        .bfloat16, true),
      (#""optimizer": {"type": "Adam", "params": {"fp32_optimizer_states": false}}"#, .float32, false),
      (#""bf16": {"enabled": true, "bf16_master_weights_and_grads": true, "bf16_optimizer_states": true}, "optimizer": {"type": "Adam"}"#,
        .bfloat16, false),
      (#""fp16": {"enabled": true, "fp16_master_weights_and_grads": true}, "optimizer": {"type": "Adam"}"#,
        .float32, false),
    ] as [(String, DType, Bool)])
  func `types of masters and states`(members: String, states: DType, keepsMasters: Bool) throws {
    let text = #"{"train_batch_size": 8, "zero_optimization": {"stage": 1}, \#(members)}"#
    let settings = try EngineSettings(plan: try RunPlan(.text(text), facts: RunFacts(worldSize: 2)))
    #expect(settings.optimizerStateDType == states)
    #expect(settings.zero.keepsFloat32Masters == keepsMasters)
  }
}
