public import Collectives
import Models
public import RunSettings
import ZeRO

/// Finds the largest model whose states a rank can keep in a given memory, by building and training models:
/// `deepspeed bench largest` on one rank.
///
/// The models are Llamas of blocks of 656 thousand parameters (256 wide, 512 inside, 4 heads) over bytes, of any depth.
public struct LargestModelBenchmark: Sendable {
  /// Bytes that a rank may take.
  public var budget: Int
  /// The precision of training.
  public var precision: FloatType

  /// A search below this budget.
  public init(budget: Int, precision: FloatType) {
    self.budget = budget
    self.precision = precision
  }

  /// A model that was trained.
  public struct Model: Sendable, Equatable {
    /// Its blocks.
    public let layerCount: Int
    /// Its elements.
    public let parameterCount: Int
    /// Bytes of model states of the rank that keeps most.
    public let stateBytes: Int
    /// By how much the resident memory of the rank that takes most has grown, between a backward pass and its step.
    public let residentBytes: Int
    /// The same at the highest point of a step, activations included.
    public let peakBytes: Int

    /// What has to stay within the budget.
    var heldBytes: Int { max(stateBytes, residentBytes) }
  }

  private static func model(layerCount: Int) -> LlamaModel {
    var configuration = LlamaConfiguration(
      vocabularySize: 256, hiddenSize: 256, intermediateSize: 512, layerCount: layerCount, headCount: 4)
    configuration.isHeadTied = true
    return LlamaModel(configuration)
  }

  /// Trains a model of this depth; every rank of the group gets the same answer.
  func train(layerCount: Int, stage: Int, group: ProcessGroup) throws -> Model {
    let own = try StateBenchmark.measure(
      Self.model(layerCount: layerCount), tokenCount: 4, precision: precision, stage: stage, group: group)
    let text = [own.stateBytes.total, own.residentBytes, own.peakBytes].map(String.init).joined(separator: " ")
    let rows = try group.allGather(bytes: Array(text.utf8), label: "memory").map { bytes in
      String(decoding: bytes, as: UTF8.self).split(separator: " ").compactMap { Int($0) }
    }
    func largest(_ column: Int) -> Int { rows.map { $0[column] }.max() ?? 0 }
    return Model(
      layerCount: layerCount, parameterCount: own.parameterCount, stateBytes: largest(0), residentBytes: largest(1),
      peakBytes: largest(2))
  }

  /// The largest model that fits at a stage; one block more does not.
  ///
  /// - Parameters:
  ///   - stage: of ZeRO.
  ///   - group: the data-parallel ranks, which all call this.
  ///   - onModel: told of every model that was trained in the search.
  /// - Returns: nil when not even one block fits.
  /// - Throws: what building and stepping an engine throws.
  public func run(stage: Int, group: ProcessGroup, onModel: (Model) -> Void = { _ in }) throws -> Model? {
    // These two also meet what a process takes once. Their bytes a block say where to look; what fits is measured.
    let (few, more) = (4, 12)
    let small = try train(layerCount: few, stage: stage, group: group)
    let large = try train(layerCount: more, stage: stage, group: group)
    let guess = budget / max(1, (large.stateBytes - small.stateBytes) / (more - few))
    var fitting: Model?
    _ = try Self.largest(near: guess) { layerCount in
      let model = try train(layerCount: layerCount, stage: stage, group: group)
      onModel(model)
      guard model.heldBytes <= budget else { return false }
      fitting = model
      return true
    }
    return fitting
  }

  /// The largest number that `fits`, as all smaller ones do; nil when not even 1 does. Asks near `guess` first, and
  /// the answer last among those that fit.
  static func largest(near guess: Int, fits: (Int) throws -> Bool) rethrows -> Int? {
    var fitting = 0
    var failing: Int?
    var next = max(1, guess)
    var stride = max(1, guess / 16)
    while true {
      if try fits(next) { fitting = next } else { failing = next }
      if failing == fitting + 1 { return fitting > 0 ? fitting : nil }
      switch failing {
      case nil: next = fitting + stride
      case let failing? where fitting == 0: next = max(1, failing - stride)
      case let failing?: next = (fitting + failing) / 2
      }
      stride *= 2
    }
  }
}
