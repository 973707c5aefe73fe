public import Layers
public import Torch

/// One safetensors file, memory-mapped: its tensors share the file's pages and are read when they are used.
public final class SafeTensorsFile: WeightSource {
  /// The file's path.
  public let location: String
  /// The checked header.
  public let header: SafeTensorsHeader
  /// The names of all tensors, in the order of their values.
  public var names: [String] { header.entries.map(\.name) }

  private let map: FileMap
  private let places: [String: Int]

  /// Opens a file and checks its header against its size.
  ///
  /// - Parameter path: the file.
  /// - Throws: `FileSystemError` if it cannot be opened, `FileFormatError` if it is not a sound safetensors
  ///   file.
  public init(path: String) throws {
    location = path
    map = try MappedFile.open(path)
    header = try SafeTensorsHeader(parsing: MappedFile.bytes(map), file: path)
    places = Dictionary(uniqueKeysWithValues: header.entries.enumerated().map { ($1.name, $0) })
  }

  /// What the header says about the tensor of this name; nil when there is none.
  public func entry(named name: String) -> WeightEntry? {
    guard let place = places[name] else { return nil }
    let entry = header.entries[place]
    return WeightEntry(
      shape: entry.shape, dtype: entry.dtype, format: SafeTensorsFormat.spelling(of: entry.dtype),
      file: location)
  }

  /// The tensor of this name on the CPU, or nil when there is none. It shares the file's pages, unless the
  /// file holds it at an address that its dtype cannot be read from.
  ///
  /// - Throws: `TorchError`.
  public func tensor(named name: String) throws -> Tensor? {
    guard let place = places[name] else { return nil }
    let entry = header.entries[place]
    return try MappedFile.tensor(map, at: entry.byteRange, shape: entry.shape, dtype: entry.dtype)
  }
}
