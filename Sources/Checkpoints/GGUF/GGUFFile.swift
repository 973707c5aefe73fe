import CKernels
public import Layers
public import Torch

/// One GGUF file, memory-mapped. Plain tensors share the file's pages; quantised ones are dequantised when
/// asked for.
public final class GGUFFile: WeightSource {
  /// The file's path.
  public let location: String
  /// The checked header.
  public let header: GGUFHeader
  /// The dtype that quantised tensors become: float32, bfloat16 or float16.
  public let dequantizedDType: DType
  /// The names of all tensors, in the order of the file and in ggml's spelling (`blk.0.attn_q.weight`).
  public var names: [String] { header.tensors.map(\.name) }

  private let map: FileMap
  private let places: [String: Int]

  /// Opens a file and checks its header against its size.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - dequantizedDType: what quantised tensors become; float32 is exact.
  /// - Throws: `FileSystemError` if it cannot be opened, `FileFormatError` if it is not a sound GGUF file.
  public init(path: String, dequantizedDType: DType = .float32) throws {
    precondition(Self.kernelDType(dequantizedDType) != nil, "blocks do not become \(dequantizedDType.name)")
    location = path
    self.dequantizedDType = dequantizedDType
    map = try MappedFile.open(path)
    header = try GGUFHeader(parsing: MappedFile.bytes(map), file: path)
    places = Dictionary(uniqueKeysWithValues: header.tensors.enumerated().map { ($1.name, $0) })
  }

  /// What the header says about the tensor of this name; nil when there is none.
  public func entry(named name: String) -> WeightEntry? {
    guard let place = places[name] else { return nil }
    let info = header.tensors[place]
    var dtype = dequantizedDType
    if case .plain(let stored) = GGUFTensorFormat(number: info.formatNumber) { dtype = stored }
    return WeightEntry(shape: info.shape, dtype: dtype, format: info.formatName, file: location)
  }

  /// The tensor of this name on the CPU, or nil when there is none.
  ///
  /// Values are exactly those of the Python package `gguf`. The rows of query and key weights of the Llama
  /// architecture keep the file's order, which `WeightTransform.rotaryInterleaved` undoes.
  ///
  /// - Throws: `FileFormatError` of kind `unsupported` for other block formats, `TorchError`.
  public func tensor(named name: String) throws -> Tensor? {
    guard let place = places[name] else { return nil }
    let info = header.tensors[place]
    guard let format = GGUFTensorFormat(number: info.formatNumber) else {
      throw FileFormatError(
        .unsupported, file: location, item: "tensor '\(name)'", found: "format \(info.formatName)",
        expected: "one of \(GGUFTensorFormat.supportedNames); convert the model to one of them")
    }
    let size = try GGUFHeader.byteCount(of: info, file: location)
    let range = info.byteOffset..<info.byteOffset + size
    switch format {
    case .plain(let dtype): return try MappedFile.tensor(map, at: range, shape: info.shape, dtype: dtype)
    case .blocks(let block): return try dequantized(info, block, range)
    }
  }

  private func dequantized(
    _ info: GGUFHeader.TensorInfo, _ format: ck_block_format, _ range: Range<Int>
  ) throws -> Tensor {
    let tensor = try Tensor.empty(info.shape, dtype: dequantizedDType)
    guard let dtype = Self.kernelDType(dequantizedDType), !range.isEmpty else { return tensor }
    let blocks = UnsafeRawBufferPointer(rebasing: MappedFile.bytes(map)[range])
    tensor.withUnsafeMutableBytes { values in
      ck_dequantize(
        values.baseAddress, dtype, format, blocks.baseAddress, info.elementCount / Int(ck_block_elements),
        .best)
    }
    return tensor
  }

  private static func kernelDType(_ dtype: DType) -> ck_dtype? {
    switch dtype {
    case .float32: .float32
    case .float16: .float16
    case .bfloat16: .bfloat16
    default: nil
    }
  }

  // MARK: Metadata

  /// The bytes of the whole file, valid while this object lives.
  var bytes: UnsafeRawBufferPointer { MappedFile.bytes(map) }

  /// The architecture's name, such as `llama`.
  ///
  /// - Throws: `FileFormatError` if the file does not tell.
  public func architecture() throws -> String {
    try required("general.architecture", "a text") { if case .text(let text) = $0 { text } else { nil } }
  }

  /// A whole number of the metadata.
  ///
  /// - Throws: `FileFormatError` if the key is missing or not a whole number.
  public func integer(_ key: String) throws -> Int {
    try required(key, "a whole number") { $0.integer }
  }

  /// A number of the metadata.
  ///
  /// - Throws: `FileFormatError` if the key is missing or not a number.
  public func number(_ key: String) throws -> Double {
    try required(key, "a number") { $0.number }
  }

  private func required<Value>(
    _ key: String, _ expected: String, _ convert: (GGUFValue) -> Value?
  ) throws -> Value {
    guard let value = header.metadata[key] else {
      throw FileFormatError(
        .missing, file: location, item: "key '\(key)'", found: "no such key", expected: expected)
    }
    guard let converted = convert(value) else {
      throw FileFormatError(
        .malformed, file: location, item: "key '\(key)'", found: value.kindName, expected: expected)
    }
    return converted
  }

  /// The texts of an array of texts; nil when the key is not there.
  ///
  /// - Throws: `FileFormatError` if it is not an array of texts.
  public func texts(_ key: String) throws -> [String]? {
    guard let array = try array(key, of: [.string], "an array of texts") else { return nil }
    var cursor = GGUFCursor(bytes: UnsafeRawBufferPointer(rebasing: bytes[array.byteRange]), file: location)
    var texts: [String] = []
    texts.reserveCapacity(array.count)
    for index in 0..<array.count { texts.append(try cursor.readText("key '\(key)', element \(index)")) }
    return texts
  }

  /// The numbers of an array of 32-bit integers; nil when the key is not there.
  ///
  /// - Throws: `FileFormatError` if it is not an array of 32-bit integers.
  public func integers(_ key: String) throws -> [Int32]? {
    guard let array = try array(key, of: [.int32, .uint32], "an array of 32-bit integers") else { return nil }
    let start = array.byteRange.lowerBound
    return (0..<array.count).map {
      Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: start + 4 * $0, as: Int32.self))
    }
  }

  /// The numbers of an array of 32-bit floats; nil when the key is not there.
  ///
  /// - Throws: `FileFormatError` if it is not an array of 32-bit floats.
  public func floats(_ key: String) throws -> [Float]? {
    guard let array = try array(key, of: [.float32], "an array of 32-bit floats") else { return nil }
    let start = array.byteRange.lowerBound
    return (0..<array.count).map { index in
      let bits = bytes.loadUnaligned(fromByteOffset: start + 4 * index, as: UInt32.self)
      return Float(bitPattern: UInt32(littleEndian: bits))
    }
  }

  private func array(_ key: String, of types: [GGUFValueType], _ expected: String) throws -> GGUFArray? {
    guard let value = header.metadata[key] else { return nil }
    guard case .array(let array) = value, types.contains(array.elementType) else {
      throw FileFormatError(
        .malformed, file: location, item: "key '\(key)'", found: value.kindName, expected: expected)
    }
    return array
  }
}
