internal import Layers

extension GPT2Model {
  /// The matrices of the published checkpoints are stored as `[input, output]`; names may lack the first
  /// component.
  var folderWeightMap: WeightMap {
    var map = WeightMap(ignoredNames: ["*.attn.bias", "*.attn.masked_bias"])
    if configuration.isHeadTied { map.ignoredNames.append("lm_head.weight") }
    let body = "transformer."
    for suffix in Self.bodyWeightNames(layerCount: configuration.layerCount) {
      let isMatrix = suffix.contains(".c_") && suffix.hasSuffix(".weight")
      map.rules[ParameterPath(body + suffix)] = WeightMap.Rule(
        [body + suffix, suffix], isMatrix ? .transposed : .asStored)
    }
    return map
  }

  /// The configuration with the further keys of the file that it was read from.
  var folderConfiguration: [String: ConfigurationValue] {
    originalObject.merging(configuration.object) { _, current in current }
  }

  private static func bodyWeightNames(layerCount: Int) -> [String] {
    let parts = ["ln_1", "attn.c_attn", "attn.c_proj", "ln_2", "mlp.c_fc", "mlp.c_proj"]
    let blocks = (0..<layerCount).flatMap { layer in
      parts.flatMap { ["h.\(layer).\($0).weight", "h.\(layer).\($0).bias"] }
    }
    return ["wte.weight", "wpe.weight"] + blocks + ["ln_f.weight", "ln_f.bias"]
  }
}
