import Checkpoints
public import Datasets
import Optimizers

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What a checkpoint keeps for the run around an engine.
public struct RunState: Sendable, Equatable {
  /// Where in the data the run is.
  public var data: DataPosition?
  /// The caller's own state, a JSON text.
  public var client: String

  /// A state of these parts.
  public init(data: DataPosition? = nil, client: String = "{}") {
    self.data = data
    self.client = client
  }
}

/// The engine's progress as it stands in a checkpoint's manifest.
struct SavedProgress: Codable {
  var engine: EngineProgress
  var lossScaler: LossScaler
  var data: DataPosition?
  var random: RandomStreams.Record?

  init(engine: EngineProgress, lossScaler: LossScaler, data: DataPosition?, random: RandomStreams.Record?) {
    self.engine = engine
    self.lossScaler = lossScaler
    self.data = data
    self.random = random
  }

  func text() throws -> String { String(decoding: try JSONEncoder().encode(self), as: UTF8.self) }

  init(text: String, folder: String) throws {
    do {
      self = try JSONDecoder().decode(SavedProgress.self, from: Data(text.utf8))
    } catch {
      throw FileFormatError(
        .malformed, file: "\(folder)/\(CheckpointManifest.fileName)", item: "progress", found: "\(error)",
        expected: "the progress that this version writes")
    }
  }
}
