public import Checkpoints
public import Layers
public import Models
public import Torch

/// Writes a model as a Hugging Face folder that `transformers` and every command here load.
public struct ModelExport {
  /// Whose parameters are written, in the dtype that they have.
  public let model: CausalLanguageModel
  /// Where tokenizer and generation defaults are taken from; nil writes neither.
  public let origin: PretrainedModel?

  /// An export of `model`, with the tokenizer of the model that it was made from.
  public init(model: CausalLanguageModel, origin: PretrainedModel?) {
    self.model = model
    self.origin = origin
  }

  /// Writes the folder, complete or not at all.
  ///
  /// - Parameters:
  ///   - path: the folder; an earlier one is replaced.
  ///   - maxShardBytes: the bytes of weights that one file may hold.
  ///   - including: which parameters are written; all by default.
  ///   - values: yields a parameter's tensor in its logical shape and the parameter's dtype; the parameter's own
  ///     when nil.
  /// - Throws: `FileSystemError`, `TorchError`, `TokenizerError`.
  public func write(
    to path: String, maxShardBytes: Int = SafeTensorsExport.defaultShardBytes,
    including: (ParameterPath) -> Bool = { _ in true },
    values: ((ParameterPath, Parameter) throws -> Tensor)? = nil
  ) throws {
    let map = model.weightMap
    var parameters: [String: (path: ParameterPath, parameter: Parameter)] = [:]
    var descriptions: [TensorDescription] = []
    var dtype: DType?
    for (path, parameter) in try model.namedParameters() where including(path) {
      let rule = map.rule(for: path)
      let type = parameter.leaf.dtype
      dtype = dtype ?? type
      parameters[rule.names[0]] = (path, parameter)
      descriptions.append(
        TensorDescription(
          name: rule.names[0], dtype: type, shape: rule.transform.shape(ofStored: parameter.shape)))
    }
    var configuration = model.configurationObject
    configuration["torch_dtype"] = dtype.map { .string($0.name) }
    let export = HuggingFaceExport(
      configuration: try configuration.jsonText(), generationConfiguration: try generationConfiguration(),
      otherFiles: try origin?.tokenizerFiles() ?? [])
    try export.write(to: path, tensors: descriptions, maxShardBytes: maxShardBytes) { description in
      guard let (path, parameter) = parameters[description.name] else {
        preconditionFailure("no parameter is stored as \(description.name)")
      }
      let tensor = try values.map { try $0(path, parameter) } ?? parameter.tensor.detached()
      return try map.rule(for: path).transform.inverted(of: tensor)
    }
  }

  private func generationConfiguration() throws -> String? {
    guard let origin else { return nil }
    if case .folder(let folder) = origin.location, let file = try folder.contents(of: .generationConfiguration) {
      return String(decoding: file, as: UTF8.self)
    }
    let ends = try origin.endTokens(tokenizer: try? origin.tokenizer()).sorted()
    guard !ends.isEmpty else { return nil }
    return try ["eos_token_id": ConfigurationValue.array(ends.map { .integer($0) })].jsonText()
  }
}
