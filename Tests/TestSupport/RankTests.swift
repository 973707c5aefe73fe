public import Collectives
public import Testing

/// Runs a function on several ranks, each a thread of this process with one thread for its tensors, and
/// yields their results in order of rank. Ranks that wait for each other end after `timeout`.
public func onRanks<Value: Sendable>(
  _ count: Int, timeout: Duration = .seconds(60), body: @escaping @Sendable (RankContext) throws -> Value
) async throws -> [Value] {
  try await Ranks.run(count: count, timeout: timeout, threadsPerRank: 1, body: body)
}

extension Tag {
  /// Compares with numbers that a named reference made.
  @Tag public static var golden: Self
  /// Runs several ranks.
  @Tag public static var ranks: Self
  /// Takes more than a few seconds.
  @Tag public static var slow: Self
  /// Needs a GPU.
  @Tag public static var gpu: Self
}
