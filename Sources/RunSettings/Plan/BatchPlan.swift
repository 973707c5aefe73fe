/// The three batch sizes; `trainBatchSize = microBatchSize x gradientAccumulationSteps x dataParallelSize`.
public struct BatchPlan: Sendable, Equatable {
  /// Samples of all ranks for one optimizer step.
  public let trainBatchSize: Int
  /// Samples of one rank in one pass.
  public let microBatchSize: Int
  /// Passes for one optimizer step.
  public let gradientAccumulationSteps: Int
  /// Ranks that take different samples.
  public let dataParallelSize: Int
}

/// Works out the batch sizes that are not written from those that are.
struct BatchArithmetic {
  /// What was written, or known from the run.
  var train: Int?
  var micro: Int?
  var accumulation: Int?
  let ranks: Int

  /// The three sizes, how each missing one was computed, or what does not multiply up.
  func solved() -> Result<(plan: BatchPlan, sources: [String: String]), BatchFailure> {
    if let failure = limitFailure { return .failure(failure) }
    switch (train, micro, accumulation) {
    case (let train?, let micro?, let accumulation?): return checked(train, micro, accumulation)
    case (let train?, let micro?, nil):
      guard train % (micro * ranks) == 0 else {
        return .failure(
          indivisible(
            train, by: "\(micro) x \(ranksText)", micro * ranks, "train_micro_batch_size_per_gpu x ranks"))
      }
      return found(
        train, micro, train / (micro * ranks), [Self.accumulationKey: "\(train) / (\(micro) x \(ranksText))"])
    case (let train?, nil, let accumulation?):
      guard train % (accumulation * ranks) == 0 else {
        return .failure(
          indivisible(
            train, by: "\(accumulation) x \(ranksText)", accumulation * ranks,
            "gradient_accumulation_steps x ranks"))
      }
      return found(
        train, train / (accumulation * ranks), accumulation,
        [Self.microKey: "\(train) / (\(accumulation) x \(ranksText))"])
    case (let train?, nil, nil):
      guard train % ranks == 0 else { return .failure(indivisible(train, by: ranksText, ranks, "ranks")) }
      return found(
        train, train / ranks, 1,
        [Self.microKey: "\(train) / \(ranksText)", Self.accumulationKey: "one pass a step"])
    case (nil, let micro?, let accumulation?):
      return found(
        micro * accumulation * ranks, micro, accumulation,
        [Self.trainKey: "\(micro) x \(accumulation) x \(ranksText)"])
    case (nil, let micro?, nil):
      return found(
        micro * ranks, micro, 1,
        [Self.trainKey: "\(micro) x 1 x \(ranksText)", Self.accumulationKey: "one pass a step"])
    case (nil, nil, _):
      return .failure(
        BatchFailure(
          path: Self.trainKey, kind: .missing,
          found: "neither \"train_batch_size\" nor \"train_micro_batch_size_per_gpu\"",
          expected: "at least one of the two"))
    }
  }

  /// The first size that is not positive, or so large that products with it might overflow.
  private var limitFailure: BatchFailure? {
    let sizes = [
      (Self.trainKey, train, 1 << 60), (Self.microKey, micro, 1 << 20),
      (Self.accumulationKey, accumulation, 1 << 20),
    ]
    for case (let path, let size?, let limit) in sizes where !(1...limit).contains(size) {
      return BatchFailure(
        path: path, kind: .outOfRange, found: "\(size)", expected: "a number from 1 to \(limit)")
    }
    return nil
  }

  static let trainKey = "train_batch_size"
  static let microKey = "train_micro_batch_size_per_gpu"
  static let accumulationKey = "gradient_accumulation_steps"

  private var ranksText: String { ranks == 1 ? "1 rank" : "\(ranks) ranks" }

  private func found(
    _ train: Int, _ micro: Int, _ accumulation: Int, _ sources: [String: String]
  ) -> Result<(plan: BatchPlan, sources: [String: String]), BatchFailure> {
    let plan = BatchPlan(
      trainBatchSize: train, microBatchSize: micro, gradientAccumulationSteps: accumulation,
      dataParallelSize: ranks)
    return .success((plan, sources))
  }

  private func checked(
    _ train: Int, _ micro: Int, _ accumulation: Int
  ) -> Result<(plan: BatchPlan, sources: [String: String]), BatchFailure> {
    let product = micro * accumulation * ranks
    if product == train { return found(train, micro, accumulation, [:]) }
    return .failure(
      BatchFailure(
        path: Self.trainKey,
        found: "\(train) != \(micro) (train_micro_batch_size_per_gpu) x \(accumulation) "
          + "(gradient_accumulation_steps) x \(ranksText) = \(product)",
        expected: "train_batch_size \(product), or one of the three left out"))
  }

  private func indivisible(_ train: Int, by text: String, _ divisor: Int, _ names: String) -> BatchFailure {
    let product = divisor == ranks ? "" : " = \(divisor)"
    let low = train / divisor * divisor
    let near = low > 0 ? "\(low) or \(low + divisor)" : "\(divisor)"
    return BatchFailure(
      path: Self.trainKey,
      found: "\(train), which is not a multiple of \(text)\(product) (\(train % divisor) left over)",
      expected: "a multiple of \(names) such as \(near)")
  }
}

/// What does not multiply up in the batch sizes.
struct BatchFailure: Error {
  let path: String
  var kind: ConfigurationProblem.Kind = .batchArithmetic
  let found: String
  let expected: String
}
