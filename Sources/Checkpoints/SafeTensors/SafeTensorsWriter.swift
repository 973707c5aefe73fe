public import Torch

/// Writes one safetensors file, tensor by tensor, in constant memory; the file appears complete or not at
/// all.
///
/// The header comes first in the file, so all descriptions are given at the beginning and the values follow
/// in `layout` order.
public final class SafeTensorsWriter {
  /// The tensors in the order in which `append` expects their values.
  public let layout: [TensorDescription]
  private let file: AtomicFile
  private var next = 0

  /// Begins a file.
  ///
  /// - Parameters:
  ///   - path: where the file will stand after `finish`.
  ///   - tensors: the tensors to come. Wider dtypes are placed first, so that every tensor is aligned.
  ///   - metadata: free texts; `format: pt` is what Python libraries look for.
  /// - Throws: `FileFormatError` for an empty or repeated name, `FileSystemError`.
  public init(
    path: String, tensors: [TensorDescription], metadata: [String: String] = ["format": "pt"]
  ) throws {
    var names: Set<String> = []
    for tensor in tensors {
      guard tensor.name != SafeTensorsFormat.metadataKey, names.insert(tensor.name).inserted else {
        throw FileFormatError(
          .duplicate, file: path, item: "tensor '\(tensor.name)'", found: "the name twice or reserved",
          expected: "each name once")
      }
    }
    layout = Self.placed(tensors)
    let header = Self.header(layout, metadata)
    let size = layout.reduce(header.count) { $0 + $1.byteCount }
    file = try AtomicFile(path: path, expectedByteCount: size)
    try file.write(header)
  }

  /// Appends the values of the next tensor of `layout`, from any device.
  ///
  /// - Throws: `FileFormatError` if dtype or shape differ from the description, `FileSystemError`,
  ///   `TorchError`.
  public func append(_ tensor: Tensor) throws {
    guard next < layout.count else {
      throw FileFormatError(
        .malformed, file: file.path, found: "one more tensor",
        expected: "the \(layout.count) tensors described")
    }
    let description = layout[next]
    guard tensor.dtype == description.dtype, tensor.shape == description.shape else {
      throw FileFormatError(
        .malformed, file: file.path, item: "tensor '\(description.name)'",
        found: "\(tensor.dtype.name) of shape \(tensor.shape)",
        expected: "\(description.dtype.name) of shape \(description.shape) as described")
    }
    let values = try tensor.detached().to(Device.cpu).contiguous()
    try values.withUnsafeMutableBytes { try file.write(UnsafeRawBufferPointer($0)) }
    next += 1
  }

  /// Makes the file durable and gives it its name.
  ///
  /// - Returns: its name, size and checksum.
  /// - Throws: `FileFormatError` if tensors are missing, `FileSystemError`.
  @discardableResult
  public func finish() throws -> ChecksummedFile {
    guard next == layout.count else {
      throw FileFormatError(
        .missing, file: file.path, item: "tensor '\(layout[next].name)'", found: "\(next) tensors",
        expected: "the \(layout.count) tensors described")
    }
    try file.commit()
    return file.summary
  }

  /// Writes a whole file of tensors in memory.
  ///
  /// - Returns: its name, size and checksum.
  /// - Throws: `FileFormatError`, `FileSystemError`, `TorchError`.
  @discardableResult
  public static func write(
    _ tensors: [(name: String, tensor: Tensor)], to path: String,
    metadata: [String: String] = ["format": "pt"]
  ) throws -> ChecksummedFile {
    let descriptions = tensors.map {
      TensorDescription(name: $0.name, dtype: $0.tensor.dtype, shape: $0.tensor.shape)
    }
    let writer = try SafeTensorsWriter(path: path, tensors: descriptions, metadata: metadata)
    let byName = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0.tensor) })
    for description in writer.layout {
      if let tensor = byName[description.name] { try writer.append(tensor) }
    }
    return try writer.finish()
  }

  /// Writes a whole file of tensors that are brought one after another.
  ///
  /// - Returns: its name, size and checksum.
  /// - Throws: `FileFormatError`, `FileSystemError`, `TorchError`, what a value throws.
  @discardableResult
  public static func write(
    _ tensors: [LazyTensor], to path: String, metadata: [String: String] = ["format": "pt"]
  ) throws -> ChecksummedFile {
    let writer = try SafeTensorsWriter(path: path, tensors: tensors.map(\.description), metadata: metadata)
    let byName = Dictionary(uniqueKeysWithValues: tensors.map { ($0.description.name, $0.value) })
    for description in writer.layout {
      if let value = byName[description.name] { try writer.append(value()) }
    }
    return try writer.finish()
  }

  /// Wider dtypes first, otherwise the given order.
  static func placed(_ tensors: [TensorDescription]) -> [TensorDescription] {
    tensors.enumerated()
      .sorted { ($1.element.dtype.byteCount, $0.offset) < ($0.element.dtype.byteCount, $1.offset) }
      .map(\.element)
  }

  private static func header(_ layout: [TensorDescription], _ metadata: [String: String]) -> [UInt8] {
    var entries: [(key: String, value: JSONValue)] = []
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key < $1.key }.map { (key: $0.key, value: JSONValue.string($0.value)) }
      entries.append((SafeTensorsFormat.metadataKey, .object(pairs)))
    }
    var position = 0
    for tensor in layout {
      let end = position + tensor.byteCount
      entries.append(
        (
          tensor.name,
          .object([
            ("dtype", .string(SafeTensorsFormat.spelling(of: tensor.dtype))),
            ("shape", .array(tensor.shape.map { .integer($0) })),
            ("data_offsets", .array([.integer(position), .integer(end)])),
          ])
        ))
      position = end
    }
    var text = Array(JSONValue.object(entries).text().utf8)
    // The values begin at a multiple of 8 bytes; spaces after the object are part of the format.
    text.append(contentsOf: repeatElement(UInt8(ascii: " "), count: (8 - text.count % 8) % 8))
    return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text
  }
}
