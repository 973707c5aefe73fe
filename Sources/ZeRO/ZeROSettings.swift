public import Optimizers
public import Torch

/// What the config says about partitioning and reducing.
public struct ZeROSettings: Sendable, Equatable {
  /// 0 to 3.
  public var stage: Int
  /// `reduce_bucket_size`: no bucket holds more elements, unless one parameter does.
  public var reduceBucketSize: Int
  /// `overlap_comm`: reduce while backward runs.
  public var overlapCommunication: Bool
  /// `round_robin_gradients`: spread neighbours of backward over the buckets.
  public var roundRobinGradients: Bool
  /// `gradient_allreduce_op` "mean" (true) or "sum".
  public var averagesGradients: Bool
  /// `prescale_gradients`: divide by the number of ranks before the reduction instead of after it.
  public var prescaleGradients: Bool
  /// `gradient_predivide_factor`: what gradients are divided by before the reduction; the rest comes after.
  public var gradientPredivideFactor: Double
  /// `gradient_clipping`.
  public var clipping: GradientClipping
  /// `data_types.grad_accum_dtype`; nil for the dtype of the parameters.
  public var gradientDType: DType?
  /// `communication_data_type`; nil for the dtype of the gradients.
  public var communicationDType: DType?
  /// When the partitioned parameters of stage 3 are gathered and released.
  public var gathering = GatherSettings()
  /// `mics_shard_size`: consecutive ranks that share one copy of the states at stage 3 (MiCS); nil for all ranks.
  public var shardGroupSize: Int?
  /// What ZeRO++ does to the communication of stage 3.
  public var plusPlus = PlusPlusSettings()
  /// Files for the partitioned parameters (`offload_param` to `nvme`); nil keeps them in memory.
  public var parameterFiles: FileSettings?
  /// Files for this rank's reduced gradients at stages 2 and 3 (`offload_optimizer` to `nvme`); nil keeps them in
  /// memory.
  public var gradientFiles: FileSettings?
  /// `offload_optimizer` with device `nvme`: where master weights and optimizer states live; nil for memory.
  public var fileTier: FileTierSettings?
  /// `offload_optimizer` with device `cpu`; nil keeps masters and states with the parameters.
  public var hostOffload: HostOffload?
  /// When the updates of a step run.
  public var updateTiming = UpdateTiming.afterNorm
  /// `cpuadam_cores_perc`: the share of a rank's threads with which updates beside training compute, at least one. The
  /// rank's own operations keep all of them.
  public var workerThreadShare = 0.8
  /// Skip a step whose gradient is not finite: always in fp16, `bf16.check_grad_overflow` in bf16.
  public var checksOverflow: Bool
  /// Keep f32 master weights beside 16-bit parameters; otherwise the parameters are their own masters
  /// (`bf16_master_weights_and_grads`, `fp16_master_weights_and_grads`). Parameters in f32 always are.
  public var keepsFloat32Masters: Bool

  /// Settings; the defaults are DeepSpeed's.
  public init(
    stage: Int, reduceBucketSize: Int = 500_000_000, overlapCommunication: Bool = true,
    roundRobinGradients: Bool = false, averagesGradients: Bool = true, prescaleGradients: Bool = false,
    gradientPredivideFactor: Double = 1, clipping: GradientClipping = GradientClipping(),
    gradientDType: DType? = nil, communicationDType: DType? = nil, checksOverflow: Bool = true,
    keepsFloat32Masters: Bool = true
  ) {
    precondition((0...3).contains(stage), "there are stages 0 to 3, got \(stage)")
    self.stage = stage
    self.reduceBucketSize = reduceBucketSize
    self.overlapCommunication = overlapCommunication
    self.roundRobinGradients = roundRobinGradients
    self.averagesGradients = averagesGradients
    self.prescaleGradients = prescaleGradients
    self.gradientPredivideFactor = gradientPredivideFactor
    self.clipping = clipping
    self.gradientDType = gradientDType
    self.communicationDType = communicationDType
    self.checksOverflow = checksOverflow
    self.keepsFloat32Masters = keepsFloat32Masters
  }

  /// What a rank keeps of reduced gradients at this stage.
  var retention: GradientReducer.Retention {
    switch stage {
    case 0: .whole
    case 1: .wholeBufferOwnSlice
    default: .ownSlice
    }
  }

  func combination(rankCount: Int) -> GradientReducer.Combination {
    GradientReducer.Combination(
      isMean: averagesGradients, prescale: prescaleGradients, predivideFactor: gradientPredivideFactor,
      rankCount: rankCount)
  }

  /// The elements at which a bucket closes. The configured size is an upper bound: at DeepSpeed's default of
  /// 5e8 most models would be one bucket, which can neither overlap with backward nor be freed early, so a
  /// bucket also holds at most an eighth of the model, but at least 4 Mi elements, below which messages get slow.
  func bucketElementLimit(of elementCounts: [Int]) -> Int {
    let total = elementCounts.reduce(0, +)
    return max(1, min(reduceBucketSize, max(total / 8, 1 << 22)))
  }
}
