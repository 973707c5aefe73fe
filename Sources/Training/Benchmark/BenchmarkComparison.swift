public import Models
import Monitoring

/// Several rounds of our benchmark and a peer's, taken in turn so that both meet the same moods of the
/// machine.
public struct BenchmarkComparison: Sendable, Equatable {
  /// One run of each side.
  public struct Round: Sendable, Equatable {
    /// What we measured.
    public var ours: BenchmarkFigures
    /// What the peer measured.
    public var peer: BenchmarkFigures

    /// One run of each side.
    public init(ours: BenchmarkFigures, peer: BenchmarkFigures) {
      self.ours = ours
      self.peer = peer
    }

    /// Ours over the peer's.
    public var ratios: Ratios {
      Ratios(
        speed: ours.tokensPerSecond / peer.tokensPerSecond, memory: ours.peakMebibytes / peer.peakMebibytes,
        start: ours.firstStepSeconds / peer.firstStepSeconds)
    }

    /// The peer's utilisation of the peak that we measured: both train one shape, so it goes with the speed.
    public var peerUtilization: Double? {
      ours.utilization.map { $0 * peer.tokensPerSecond / ours.tokensPerSecond }
    }
  }

  /// Our figures over the peer's.
  public struct Ratios: Sendable, Equatable {
    /// Of tokens a second; more is better.
    public var speed: Double
    /// Of peak memory a rank; less is better.
    public var memory: Double
    /// Of the time from launch to the end of the first step; less is better.
    public var start: Double
  }

  /// The rounds, in their order.
  public private(set) var rounds: [Round] = []

  /// No rounds yet.
  public init() {}

  /// Adds a round.
  public mutating func append(_ round: Round) { rounds.append(round) }

  /// The median of each ratio over the rounds; nil before the first.
  public var medianRatios: Ratios? {
    guard !rounds.isEmpty else { return nil }
    return Ratios(
      speed: median { $0.ratios.speed }, memory: median { $0.ratios.memory },
      start: median { $0.ratios.start })
  }

  private func median(_ value: (Round) -> Double) -> Double {
    let sorted = rounds.map(value).sorted()
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }

  /// One row a round, and one with the medians of all columns.
  public var table: String {
    let titles = [
      "round", "tok/s", "peer", "ratio", "MFU", "peer", "peak MB", "peer", "ratio", "1st step s", "peer",
      "ratio",
    ]
    var table = TextTable(titles.map { .init($0, .right) })
    for (index, round) in rounds.enumerated() { table.append(["\(index + 1)"] + cells { $0(round) }) }
    if !rounds.isEmpty { table.append(["median"] + cells(median)) }
    return table.rendered()
  }

  /// The cells of a row, each a figure of one round or the median over all.
  private func cells(_ figure: ((Round) -> Double) -> Double) -> [String] {
    func percent(_ value: @escaping (Round) -> Double?) -> String {
      rounds.allSatisfy { value($0) != nil }
        ? NumberText.fixed(figure { value($0) ?? 0 } * 100, 1) + " %" : "-"
    }
    return [
      NumberText.fixed(figure { $0.ours.tokensPerSecond }, 1),
      NumberText.fixed(figure { $0.peer.tokensPerSecond }, 1),
      NumberText.fixed(figure { $0.ratios.speed }, 2),
      percent { $0.ours.utilization }, percent { $0.peerUtilization },
      NumberText.fixed(figure { $0.ours.peakMebibytes }, 0),
      NumberText.fixed(figure { $0.peer.peakMebibytes }, 0),
      NumberText.fixed(figure { $0.ratios.memory }, 3),
      NumberText.fixed(figure { $0.ours.firstStepSeconds }, 2),
      NumberText.fixed(figure { $0.peer.firstStepSeconds }, 2),
      NumberText.fixed(figure { $0.ratios.start }, 3),
    ]
  }

  /// Rounds and median ratios as a JSON object.
  public var json: [String: ConfigurationValue] {
    func object(_ figures: BenchmarkFigures, utilization: Double?) -> ConfigurationValue {
      .object([
        "tok_s": .number(figures.tokensPerSecond), "peak_mb": .number(figures.peakMebibytes),
        "first_step_s": .number(figures.firstStepSeconds), "mfu": utilization.map { .number($0) } ?? .null,
      ])
    }
    func object(_ ratios: Ratios) -> ConfigurationValue {
      .object([
        "speed": .number(ratios.speed), "memory": .number(ratios.memory), "start": .number(ratios.start),
      ])
    }
    return [
      "rounds": .array(
        rounds.map {
          .object([
            "ours": object($0.ours, utilization: $0.ours.utilization),
            "peer": object($0.peer, utilization: $0.peerUtilization), "ratio": object($0.ratios),
          ])
        }),
      "median_ratio": medianRatios.map(object) ?? .null,
    ]
  }
}
