import Checkpoints
import Layers
import Torch

/// The random numbers that a model's dropout draws on one rank, as checkpoints keep them.
///
/// On the rank count that saved them every stream goes on where it was, bit for bit. On another count no
/// rank's stream means anything, so each rank begins a fresh one, whose seed follows from the first seed of
/// rank 0, the step, the rank and the number of the stream.
struct RandomStreams {
  /// The streams of a model, in the order in which its modules first name them.
  private let generators: [Generator]

  /// - Throws: `ModuleError` from the walk.
  init(of model: Module) throws {
    var found: [Generator] = []
    for (_, module) in try model.namedModules() {
      guard let generator = module.generator, !found.contains(where: { $0 === generator }) else { continue }
      found.append(generator)
    }
    generators = found
  }

  /// What a manifest says of them.
  struct Record: Codable {
    /// Ranks that saved their streams.
    var rankCount: Int
    /// The seed from which fresh streams are made.
    var seed: UInt64
  }

  /// Nil for a model that draws no random numbers.
  func record(rankCount: Int) -> Record? {
    generators.first.map { Record(rankCount: rankCount, seed: $0.seed) }
  }

  private static let state = "rng"
  private static func path(rank: Int, stream: Int) -> String { "rank/\(rank)/stream/\(stream)" }

  /// What this rank writes.
  ///
  /// - Throws: `TorchError`.
  func fragments(rank: Int) throws -> [StateFragment] {
    try generators.enumerated().map { stream, generator in
      let values = try generator.state()
      return StateFragment(
        state: RandomStreams.state, path: RandomStreams.path(rank: rank, stream: stream),
        range: 0..<values.elementCount, dtype: values.dtype) { values }
    }
  }

  /// Goes on from a checkpoint; without a record in it the streams are left as they are.
  ///
  /// - Throws: `CheckpointError`, `TorchError`.
  func restore(_ record: Record?, from reader: CheckpointReader, step: Int, rank: Int, rankCount: Int) throws
  {
    guard let record else { return }
    for (stream, generator) in generators.enumerated() {
      let path = RandomStreams.path(rank: rank, stream: stream)
      if record.rankCount == rankCount, reader.holds(state: RandomStreams.state, path: path) {
        let values = try generator.state()
        try reader.read(
          state: RandomStreams.state, path: path, range: 0..<values.elementCount, into: values)
        try generator.setState(values)
      } else {
        try generator.setSeed(
          RandomStreams.freshSeed(from: record.seed, step: step, rank: rank, stream: stream))
      }
    }
  }

  /// The seed of a stream that begins in the middle of a run.
  static func freshSeed(from seed: UInt64, step: Int, rank: Int, stream: Int) -> UInt64 {
    [step, rank, stream].reduce(mixed(seed)) { mixed($0 ^ UInt64(bitPattern: Int64($1))) }
  }

  /// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014.
  private static func mixed(_ value: UInt64) -> UInt64 {
    var z = value &+ 0x9E37_79B9_7F4A_7C15
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }
}
