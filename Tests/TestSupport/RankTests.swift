public import Collectives
public import Testing

/// Runs a function on several ranks, each a thread of this process with one thread for its tensors, and
/// yields their results in order of rank. Ranks that wait for each other end after `timeout`.
public func onRanks<Value: Sendable>(
  _ count: Int, timeout: Duration = .seconds(60), body: @escaping @Sendable (RankContext) throws -> Value
) async throws -> [Value] {
  try await Ranks.run(
    count: count, timeout: timeout, threadsPerRank: 1, transport: EveryTransport.current, body: body)
}

/// Runs each test once over every way in which ranks reach each other.
public struct EveryTransport: TestTrait, SuiteTrait, TestScoping {
  /// The way that `onRanks` takes.
  @TaskLocal public static var current = Transport.automatic

  public var isRecursive: Bool { true }

  @concurrent public func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable @concurrent () async throws -> Void
  ) async throws {
    for transport in [Transport.gloo, .sharedMemory] {
      try await Self.$current.withValue(transport) { try await function() }
    }
  }
}

extension Trait where Self == EveryTransport {
  /// Runs each test once over every way in which ranks reach each other.
  public static var everyTransport: Self { Self() }
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
