/// The values that the training engine gives to monitors, under the names that DeepSpeed uses.
public enum EngineEvent: Sendable, Hashable, CaseIterable {
  /// The learning rate of the first parameter group.
  case learningRate
  /// The loss scale of fp16 training.
  case lossScale
  /// The loss, averaged over the gradient accumulation steps and all ranks.
  case trainLoss
  /// Milliseconds of one optimizer step spent in a phase; see ``WallClockTimers``.
  case forwardTime, backwardTime, backwardInnerTime, backwardAllReduceTime, stepTime

  /// The name under which monitors keep the value.
  public var name: String {
    switch self {
    case .learningRate: "Train/Samples/lr"
    case .lossScale: "Train/Samples/loss_scale"
    case .trainLoss: "Train/Samples/train_loss"
    case .forwardTime: "Train/Samples/elapsed_time_ms_forward"
    case .backwardTime: "Train/Samples/elapsed_time_ms_backward"
    case .backwardInnerTime: "Train/Samples/elapsed_time_ms_backward_inner"
    case .backwardAllReduceTime: "Train/Samples/elapsed_time_ms_backward_allreduce"
    case .stepTime: "Train/Samples/elapsed_time_ms_step"
    }
  }

  /// The value as an event.
  /// - Parameters:
  ///   - value: the number.
  ///   - samples: the samples trained so far over all ranks.
  public func event(_ value: Double, samples: Int) -> MonitorEvent {
    MonitorEvent(name: name, value: value, step: samples)
  }
}
