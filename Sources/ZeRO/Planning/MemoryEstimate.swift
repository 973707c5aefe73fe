/// Bytes of model states that a device and its host need, by DeepSpeed's rules of thumb for mixed-precision Adam
/// (`estimate_zero2_model_states_mem_needs`, `estimate_zero3_model_states_mem_needs`).
///
/// They count 2 bytes for a parameter and 16 for its gradient, master weight and moments in f32; activations and
/// buffers are not in them. ``ModelStateFormula`` says what this engine keeps, to the byte.
public struct MemoryEstimate: Sendable, Equatable {
  /// Where the states of stage 3 live.
  public enum Offload: Sendable, CaseIterable {
    /// On the devices.
    case none
    /// Optimizer states in host memory.
    case optimizer
    /// Optimizer states and parameters in host memory.
    case optimizerAndParameters
  }

  /// Bytes on each device.
  public let deviceBytes: Int
  /// Bytes in the memory of each host.
  public let hostBytes: Int
  /// Bytes of the largest layer that stage 3 has whole on a device, gradients included; 0 at other stages.
  public let largestLayerBytes: Int

  /// Stage 2.
  ///
  /// - Parameters:
  ///   - parameterCount: elements of the model.
  ///   - devicesPerHost: ranks on one host.
  ///   - hostCount: hosts.
  ///   - offloadsOptimizer: whether the states are in host memory.
  ///   - bufferFactor: what host memory is multiplied with, for buffers and fragments.
  public static func stage2(
    parameterCount: Int, devicesPerHost: Int = 1, hostCount: Int = 1, offloadsOptimizer: Bool = true,
    bufferFactor: Double = 1.5
  ) -> MemoryEstimate {
    let ranks = devicesPerHost * hostCount
    return MemoryEstimate(
      deviceBytes: 2 * parameterCount + (offloadsOptimizer ? 0 : 18 * parameterCount / ranks),
      hostBytes: scaled(parameterCount, max(4 * devicesPerHost, offloadsOptimizer ? 16 : 0), bufferFactor),
      largestLayerBytes: 0)
  }

  /// Stage 3.
  ///
  /// - Parameters:
  ///   - parameterCount: elements of the model.
  ///   - largestLayer: elements of the largest layer.
  ///   - devicesPerHost: ranks on one host.
  ///   - hostCount: hosts.
  ///   - offload: what is in host memory.
  ///   - constructsPartitioned: whether the model is built shard by shard (`zero.Init`) instead of whole on each rank.
  ///   - bufferFactor: what host memory is multiplied with, for buffers and fragments.
  public static func stage3(
    parameterCount: Int, largestLayer: Int, devicesPerHost: Int = 1, hostCount: Int = 1,
    offload: Offload = .optimizerAndParameters, constructsPartitioned: Bool = true, bufferFactor: Double = 1.5
  ) -> MemoryEstimate {
    let ranks = devicesPerHost * hostCount
    let layer = 4 * largestLayer
    let perDevice =
      switch offload {
      case .none: 18 * parameterCount / ranks
      case .optimizer: 2 * parameterCount / ranks
      case .optimizerAndParameters: 0
      }
    let perHost: Int =
      switch offload {
      case .none: 0
      case .optimizer: 16
      case .optimizerAndParameters: 18
      }
    let whole = 4 * devicesPerHost * (offload == .none && constructsPartitioned ? largestLayer : parameterCount)
    let share = perHost * parameterCount / hostCount
    let host = constructsPartitioned ? (offload == .none ? whole : share) : max(whole, share)
    return MemoryEstimate(
      deviceBytes: layer + perDevice, hostBytes: Int(Double(host) * bufferFactor), largestLayerBytes: layer)
  }

  private static func scaled(_ count: Int, _ bytes: Int, _ factor: Double) -> Int { Int(Double(count * bytes) * factor) }
}
