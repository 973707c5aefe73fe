internal import Layers

extension LlamaConfiguration {
  /// The kinds of rotary scaling known here, in the spelling of configuration files.
  static let rotaryTypes = ["default", "linear", "dynamic", "llama3", "yarn"]

  /// Reads the base and the scaling from the older pair of keys (`rope_theta`, `rope_scaling`) or the newer
  /// one (`rope_parameters`).
  mutating func readRotary(_ reader: ConfigurationReader) throws {
    let bases = 1.000_001...1e30
    rotaryBase = try reader.number("rope_theta", in: bases, default: rotaryBase)
    let partial = try reader.number("partial_rotary_factor", in: 0...1, default: 1)
    guard let nested = try reader.optionalObject("rope_parameters") ?? reader.optionalObject("rope_scaling")
    else {
      try refusePartial(partial, reader)
      return
    }
    rotaryBase = try nested.number("rope_theta", in: bases, default: rotaryBase)
    try refusePartial(try nested.number("partial_rotary_factor", in: 0...1, default: partial), nested)
    let type = try nested.optionalString("rope_type") ?? nested.optionalString("type") ?? "default"
    rotaryScaling = try scaling(type, nested, whole: reader)
  }

  private func refusePartial(_ partial: Double, _ reader: ConfigurationReader) throws {
    if partial != 1 {
      throw reader.wrong(
        "partial_rotary_factor", .number(partial), expected: "1: heads are turned as a whole")
    }
  }

  private func scaling(
    _ type: String, _ reader: ConfigurationReader, whole: ConfigurationReader
  ) throws -> RotaryScaling {
    let factors = 1e-6...1e6
    let original =
      try reader.optionalInteger("original_max_position_embeddings", in: ConfigurationLimits.length)
      ?? whole.optionalInteger("original_max_position_embeddings", in: ConfigurationLimits.length)
    switch type {
    case "default", "none":
      return .none
    case "linear":
      return .linear(factor: try reader.number("factor", in: factors))
    case "dynamic":
      guard headDim > 2 else { throw whole.wrong("head_dim", .integer(headDim), expected: "more than 2") }
      return .dynamicNTK(factor: try reader.number("factor", in: 1...1e6), originalLength: maximumLength)
    case "llama3":
      let low = try reader.number("low_freq_factor", in: factors)
      let high = try reader.number("high_freq_factor", in: factors)
      guard high > low else {
        throw reader.wrong(
          "high_freq_factor", .number(high), expected: "more than low_freq_factor, which is \(low)")
      }
      return .llama3(
        RotaryScaling.Llama3(
          factor: try reader.number("factor", in: factors), lowFrequencyFactor: low,
          highFrequencyFactor: high,
          originalLength: original ?? maximumLength))
    case "yarn":
      return .yarn(try yarn(reader, originalLength: original ?? maximumLength))
    default:
      let known = Self.rotaryTypes.joined(separator: ", ")
      throw reader.wrong("rope_type", .string(type), expected: "one of \(known)")
    }
  }

  private func yarn(_ reader: ConfigurationReader, originalLength: Int) throws -> RotaryScaling.YaRN {
    let factor = try reader.optionalNumber("factor", in: 1e-6...1e6)
    var yarn = RotaryScaling.YaRN(
      factor: factor ?? Double(maximumLength) / Double(originalLength), originalLength: originalLength)
    yarn.betaFast = try reader.number("beta_fast", in: 1e-6...1e6, default: 32)
    yarn.betaSlow = try reader.number("beta_slow", in: 1e-6...1e6, default: 1)
    yarn.truncates = try reader.boolean("truncate", default: true)
    yarn.attentionFactor = try reader.optionalNumber("attention_factor", in: 1e-6...1e6)
    let scale = try reader.optionalNumber("mscale", in: 0...1e6) ?? 0
    let scaleAll = try reader.optionalNumber("mscale_all_dim", in: 0...1e6) ?? 0
    if yarn.attentionFactor == nil, scale != 0, scaleAll != 0 {
      yarn.attentionFactor =
        RotaryScaling.YaRN.magnitude(yarn.factor, scale)
        / RotaryScaling.YaRN.magnitude(yarn.factor, scaleAll)
    }
    return yarn
  }

  /// The `rope_scaling` object that describes the scaling; nil without one.
  var rotaryScalingObject: [String: ConfigurationValue]? {
    switch rotaryScaling {
    case .none, .divided:
      return nil
    case .linear(let factor):
      return ["rope_type": .string("linear"), "factor": .number(factor)]
    case .dynamicNTK(let factor, _):
      return ["rope_type": .string("dynamic"), "factor": .number(factor)]
    case .llama3(let settings):
      return [
        "rope_type": .string("llama3"), "factor": .number(settings.factor),
        "low_freq_factor": .number(settings.lowFrequencyFactor),
        "high_freq_factor": .number(settings.highFrequencyFactor),
        "original_max_position_embeddings": .integer(settings.originalLength),
      ]
    case .yarn(let settings):
      var object: [String: ConfigurationValue] = [
        "rope_type": .string("yarn"), "factor": .number(settings.factor),
        "original_max_position_embeddings": .integer(settings.originalLength),
        "beta_fast": .number(settings.betaFast), "beta_slow": .number(settings.betaSlow),
        "truncate": .boolean(settings.truncates),
      ]
      if let attentionFactor = settings.attentionFactor {
        object["attention_factor"] = .number(attentionFactor)
      }
      return object
    }
  }
}
