internal import Layers
public import Torch

#if canImport(Glibc)
  internal import Glibc
#endif

/// Builds language models from their descriptions.
public enum ModelFactory {
  /// The values of `model_type` that are known.
  public static let modelTypes = ["gpt2"] + LlamaVariant.allCases.map(\.rawValue)

  private static let architectures: [String: String] = {
    let family = LlamaVariant.allCases.map { ($0.architecture, $0.rawValue) }
    return Dictionary(uniqueKeysWithValues: family + [("GPT2LMHeadModel", "gpt2")])
  }()

  /// Declares the model that a `config.json` describes.
  ///
  /// - Parameters:
  ///   - object: the file's content
  ///   - file: its path, for messages
  /// - Returns: a model whose parameters have no values yet
  /// - Throws: ``ModelError`` for an unknown type and for values that no model can have.
  public static func model(_ object: [String: ConfigurationValue], file: String) throws -> CausalLanguageModel
  {
    let type = try modelType(object, file: file)
    if type == "gpt2" { return GPT2Model(try GPT2Configuration(object, file: file), originalObject: object) }
    guard let variant = LlamaVariant(rawValue: type) else { throw unknown(type, file: file) }
    return LlamaModel(
      try LlamaConfiguration(object, variant: variant, file: file), originalObject: object)
  }

  /// Declares the model that a GGUF file's metadata describes.
  ///
  /// - Throws: ``ModelError``.
  public static func model(
    gguf metadata: [String: ConfigurationValue], tensors: LlamaConfiguration.GGUFTensors, file: String
  ) throws -> LlamaModel {
    LlamaModel(try LlamaConfiguration(gguf: metadata, tensors: tensors, file: file))
  }

  /// `model_type`, or what the first of `architectures` stands for.
  private static func modelType(_ object: [String: ConfigurationValue], file: String) throws -> String {
    let reader = ConfigurationReader(object, file: file)
    if let type = try reader.optionalString("model_type") { return type }
    guard case .array(let names)? = reader["architectures"], case .string(let name)? = names.first else {
      throw ModelError.missingKey(file: file, key: "model_type")
    }
    guard let type = architectures[name] else { throw unknown(name, file: file) }
    return type
  }

  private static func unknown(_ found: String, file: String) -> ModelError {
    let names = modelTypes + architectures.keys.sorted()
    return ModelError.unknownArchitecture(
      file: file, found: found, supported: modelTypes, nearest: NearestName.find(found, among: names))
  }
}

extension CausalLanguageModel {
  /// Draws fresh weights from `seed`, after checking that they fit into this machine's memory.
  ///
  /// - Throws: ``ModelError/tooLarge(parameterCount:bytes:memoryBytes:)``, `TorchError`.
  public final func materialize(seed: UInt64, dtype: DType = .float32, device: Device = .cpu) throws {
    try checkMemory(dtype: dtype)
    try materialize(with: SeededInitializer(seed: seed, dtype: dtype, device: device))
  }

  /// Checks that the parameters fit into this machine's memory.
  ///
  /// - Throws: ``ModelError/tooLarge(parameterCount:bytes:memoryBytes:)``, `ModuleError`.
  public final func checkMemory(dtype: DType) throws {
    let count = try parameterCount()
    let (bytes, isTooLarge) = count.multipliedReportingOverflow(by: dtype.byteCount)
    let memoryBytes = Int(sysconf(Int32(_SC_PHYS_PAGES))) * Int(sysconf(Int32(_SC_PAGESIZE)))
    guard !isTooLarge, bytes <= memoryBytes else {
      throw ModelError.tooLarge(parameterCount: count, bytes: bytes, memoryBytes: memoryBytes)
    }
  }
}
