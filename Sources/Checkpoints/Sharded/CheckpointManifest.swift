/// What a checkpoint says of itself: the content of its `checkpoint.json`.
///
/// Format version 1. A checkpoint is a folder:
///
///     checkpoint.json                     this manifest
///     checksums.json                      size and CRC-32C of every other file
///     model.safetensors                   working parameters and buffers by path
///     optimizer-00001-of-00002.safetensors   fragments `state/path@start`, one file a writing rank
///
/// and the file `latest` beside the folders holds the name of the newest complete one.
public struct CheckpointManifest: Sendable, Equatable {
  /// One parameter of the model.
  public struct ParameterRecord: Sendable, Equatable {
    /// Where it is in the module tree, such as `layers.3.mlp.up_proj.weight`.
    public let path: String
    /// The sizes of its dimensions, before any partitioning.
    public let shape: [Int]
    /// False when it was frozen: it then has no optimizer states.
    public let isTrainable: Bool

    /// A parameter as the checkpoint records it.
    public init(path: String, shape: [Int], isTrainable: Bool) {
      self.path = path
      self.shape = shape
      self.isTrainable = isTrainable
    }
  }

  /// The manifest's file name.
  public static let fileName = "checkpoint.json"
  /// The format's version that this code writes and reads.
  public static let formatVersion = 1

  /// The parameters, each identity once, in definition order.
  public var parameters: [ParameterRecord]
  /// Further paths of tied parameters, each with its first path.
  public var aliases: [String: String]
  /// Ranks that wrote it.
  public var worldSize: Int
  /// The ZeRO stage that it was written at.
  public var zeroStage: Int
  /// The files with optimizer fragments.
  public var shardFiles: [String]
  /// Scalar optimizer states, such as each group's step count, by name.
  public var scalars: [String: Double]
  /// The engine's own progress as a JSON text: steps, schedule, loss scale, data position.
  public var progress: String
  /// The caller's state as a JSON text.
  public var clientState: String

  /// A manifest of these contents.
  public init(
    parameters: [ParameterRecord], aliases: [String: String], worldSize: Int, zeroStage: Int, shardFiles: [String],
    scalars: [String: Double], progress: String, clientState: String
  ) {
    self.parameters = parameters
    self.aliases = aliases
    self.worldSize = worldSize
    self.zeroStage = zeroStage
    self.shardFiles = shardFiles
    self.scalars = scalars
    self.progress = progress
    self.clientState = clientState
  }

  var text: String {
    let parameters = parameters.map { record in
      JSONValue.object([
        ("path", .string(record.path)), ("shape", .array(record.shape.map { .integer($0) })),
        ("trainable", .boolean(record.isTrainable)),
      ])
    }
    let document = JSONValue.object([
      ("format", .string("deepspeed-swift checkpoint")),
      ("version", .integer(Self.formatVersion)),
      ("world_size", .integer(worldSize)),
      ("zero_stage", .integer(zeroStage)),
      ("shard_files", .array(shardFiles.map { .string($0) })),
      ("scalars", .object(scalars.sorted { $0.key < $1.key }.map { ($0.key, .number($0.value)) })),
      ("progress", .string(progress)),
      ("client_state", .string(clientState)),
      ("aliases", .object(aliases.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })),
      ("parameters", .array(parameters)),
    ])
    return document.text(indented: true) + "\n"
  }

  /// Reads the manifest of the checkpoint in `folder`.
  ///
  /// - Throws: `FileSystemError` when it is not there, `FileFormatError` when it is not one or of another version.
  public init(folder: String) throws {
    let file = FileSystem.join(folder, Self.fileName)
    let root = try JSONReader.read(FileSystem.read(file, limit: 1 << 28), file: file)
    let reader = FieldReader(file: file, root: root)
    let version = try reader.integer("version")
    guard version == Self.formatVersion else {
      throw FileFormatError(
        .unsupported, file: file, item: "version", found: "\(version)", expected: "\(Self.formatVersion)")
    }
    let records = try reader.array("parameters").map { value in
      let entry = FieldReader(file: file, root: value)
      let shape = try entry.array("shape").map { size -> Int in
        guard let size = size.integer, size >= 0 else { throw entry.fault("shape", "sizes of at least 0") }
        return size
      }
      return ParameterRecord(
        path: try entry.string("path"), shape: shape, isTrainable: try entry.boolean("trainable"))
    }
    self.init(
      parameters: records,
      aliases: Dictionary(
        try reader.object("aliases").compactMap { entry in entry.value.string.map { (entry.key, $0) } },
        uniquingKeysWith: { first, _ in first }),
      worldSize: try reader.integer("world_size"), zeroStage: try reader.integer("zero_stage"),
      shardFiles: try reader.array("shard_files").compactMap(\.string),
      scalars: Dictionary(
        try reader.object("scalars").compactMap { entry in entry.value.double.map { (entry.key, $0) } },
        uniquingKeysWith: { first, _ in first }),
      progress: try reader.string("progress"), clientState: try reader.string("client_state"))
  }
}

/// Reads the fields of one JSON object, or says which one is not as it must be.
private struct FieldReader {
  let file: String
  let root: JSONValue

  func fault(_ key: String, _ expected: String) -> FileFormatError {
    FileFormatError(
      .malformed, file: file, item: key, found: root[key]?.kindName ?? "nothing", expected: expected)
  }

  func integer(_ key: String) throws -> Int {
    guard let value = root[key]?.integer, value >= 0 else { throw fault(key, "a whole number of at least 0") }
    return value
  }

  func string(_ key: String) throws -> String {
    guard let value = root[key]?.string else { throw fault(key, "a text") }
    return value
  }

  func boolean(_ key: String) throws -> Bool {
    guard case .boolean(let value)? = root[key] else { throw fault(key, "true or false") }
    return value
  }

  func array(_ key: String) throws -> [JSONValue] {
    guard let value = root[key]?.array else { throw fault(key, "an array") }
    return value
  }

  func object(_ key: String) throws -> [(key: String, value: JSONValue)] {
    guard let value = root[key]?.object else { throw fault(key, "an object") }
    return value
  }
}

extension JSONValue {
  /// The number, whole or not.
  fileprivate var double: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }
}
