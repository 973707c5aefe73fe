internal import CKernels
internal import Torch

/// Times Adam's step in f32 beside a streaming triad and libtorch's fused AdamW, in turn, so that a drift of the
/// machine's speed meets all of them: `deepspeed bench optimizer`.
public final class OptimizerBenchmark {
  /// What is timed.
  public enum Candidate: String, Sendable, CaseIterable {
    /// `a = b + s * c` with stores past the caches: 12 bytes an element.
    case triad = "streaming triad"
    /// Our AdamW: 28 bytes an element, of which 16 are read.
    case adam = "Adam"
    /// The same step by libtorch's `_fused_adamw_`.
    case libtorch = "libtorch fused"

    /// Bytes that cross between memory and processor for each element, no line fetched only to be overwritten.
    public var byteCount: Int { self == .triad ? 12 : 28 }
  }

  /// Elements of each tensor.
  public let elementCount: Int
  /// The code that our kernel runs: "AVX-512", "AVX2" or "portable".
  public let level: String
  private let rule: FlatRule<AdamOptions>
  private let master: Tensor
  private let gradient: Tensor
  private let states: [Tensor]
  private let scratch: Tensor

  /// Takes memory for five tensors of `elementCount` f32.
  ///
  /// - Throws: `TorchError` when memory runs out.
  public init(elementCount: Int) throws {
    self.elementCount = elementCount
    level = KernelReport().level
    rule = try FlatRule(AdamOptions(learningRate: 1e-4, beta2: 0.95, weightDecay: 0.1))
    let generator = try Generator(seed: 1)
    master = try Tensor.randn([elementCount], generator: generator)
    gradient = try Tensor.randn([elementCount], generator: generator).mulInPlace(1e-3)
    states = try rule.makeStates(elementCount: elementCount, device: .cpu)
    scratch = try Tensor.zeros([elementCount])
  }

  /// Runs a candidate once.
  ///
  /// - Returns: its seconds.
  /// - Throws: `TorchError`, `OptimizerError`.
  public func time(_ candidate: Candidate) throws -> Double {
    // A step's number is a tensor to libtorch; making it is not its step.
    let number = try Tensor([Float(rule.step + 1)], shape: [])
    let start = ContinuousClock.now
    switch candidate {
    case .triad: triad()
    case .adam:
      try rule.beginStep()
      try rule.update(FlatUpdate(master: master, states: states, gradient: gradient))
    case .libtorch:
      try master.fusedAdamWInPlace(
        gradient: gradient, firstMoment: states[0], secondMoment: states[1], step: number,
        learningRate: rule.options.learningRate, beta1: rule.options.beta1, beta2: rule.options.beta2,
        weightDecay: rule.options.weightDecay, epsilon: rule.options.epsilon)
    }
    return start.duration(to: .now) / .seconds(1)
  }

  /// A triad needs three arrays: a scratch one takes `gradient + 3 * master`.
  private func triad() {
    FlatOperands.withPointers([scratch, gradient, master]) { pointers in
      let floats = pointers.map { $0?.assumingMemoryBound(to: Float.self) }
      guard let result = floats[0], let a = floats[1], let b = floats[2] else { return }
      ck_triad(result, a, b, 3, Int64(elementCount), .best, FlatOperands.executor)
    }
  }
}
