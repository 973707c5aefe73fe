/// How far a run has come in its data; saved with each checkpoint.
public struct DataPosition: Codable, Sendable, Equatable {
  /// The first sample that was not used yet, counted over the whole run.
  public var nextSample: Int
  /// The epoch of the last sample that was used, from 0.
  public var epoch: Int
  /// The seed of the order; nil without shuffling.
  public var seed: UInt64?
  /// What `Dataset.fingerprint` was.
  public var fingerprint: String

  /// The beginning of the data.
  public init(seed: UInt64?, fingerprint: String) {
    nextSample = 0
    epoch = 0
    self.seed = seed
    self.fingerprint = fingerprint
  }

  /// Checks that a run can go on from here.
  ///
  /// - Parameters:
  ///   - dataset: the data of the new run.
  ///   - seed: the seed of the new run.
  /// - Throws: `DatasetError` of kind `changedData`.
  public func check(dataset: Dataset, seed: UInt64?) throws {
    guard fingerprint == dataset.fingerprint else {
      throw DatasetError(
        .changedData, file: dataset.path, found: "other data, sequence length or tokenizer than before",
        expected: "those of the checkpoint; start a new run for new data")
    }
    guard self.seed == seed else {
      func name(_ seed: UInt64?) -> String { seed.map { "shuffling with seed \($0)" } ?? "no shuffling" }
      throw DatasetError(
        .changedData, file: dataset.path, found: name(seed),
        expected: "\(name(self.seed)), as in the checkpoint")
    }
  }
}
