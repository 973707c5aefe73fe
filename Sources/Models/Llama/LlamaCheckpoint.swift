public import Layers

extension LlamaModel {
  /// Names equal paths; folders of the body alone lack the first component.
  var folderWeightMap: WeightMap {
    var map = WeightMap(ignoredNames: ["*.rotary_emb.inv_freq"])
    if configuration.isHeadTied { map.ignoredNames.append("lm_head.weight") }
    for name in bodyWeightNames {
      map.rules[ParameterPath("model.\(name)")] = WeightMap.Rule(["model.\(name)", name])
    }
    return map
  }

  /// How the tensors of a GGUF file become parameters. Files of the architecture `llama` store the rows of
  /// query and key with their rotary halves interleaved.
  public var ggufWeightMap: WeightMap {
    var map = WeightMap(ignoredNames: ["rope_freqs.weight"])
    if configuration.isHeadTied { map.ignoredNames.append("output.weight") }
    map.rules["lm_head.weight"] = WeightMap.Rule(["output.weight"])
    let isInterleaved = configuration.variant == .llama || configuration.variant == .mistral
    for name in bodyWeightNames {
      var transform = WeightTransform.asStored
      if isInterleaved, name.contains(".q_proj.") {
        transform = .rotaryInterleaved(headCount: configuration.headCount)
      } else if isInterleaved, name.contains(".k_proj.") {
        transform = .rotaryInterleaved(headCount: configuration.kvHeadCount)
      }
      map.rules[ParameterPath("model.\(name)")] = WeightMap.Rule([Self.ggufName(of: name)], transform)
    }
    return map
  }

  /// The configuration with the further keys of the file that it was read from.
  var folderConfiguration: [String: ConfigurationValue] {
    var object = configuration.object
    if originalObject["rope_parameters"] != nil {
      // The newer spelling says it all; both together would contradict each other in places.
      object["rope_theta"] = nil
      object["rope_scaling"] = nil
    }
    return originalObject.merging(object) { _, current in current }
  }

  private var bodyWeightNames: [String] {
    var parts = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"].flatMap {
      configuration.hasQKVBias ? ["\($0).weight", "\($0).bias"] : ["\($0).weight"]
    }
    parts +=
      configuration.hasOutputBias
      ? ["self_attn.o_proj.weight", "self_attn.o_proj.bias"]
      : ["self_attn.o_proj.weight"]
    if configuration.hasQueryKeyNorm { parts += ["self_attn.q_norm.weight", "self_attn.k_norm.weight"] }
    parts += ["mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"].flatMap {
      configuration.hasFeedForwardBias ? ["\($0).weight", "\($0).bias"] : ["\($0).weight"]
    }
    parts += ["input_layernorm.weight", "post_attention_layernorm.weight"]
    let layers = (0..<configuration.layerCount).flatMap { layer in parts.map { "layers.\(layer).\($0)" } }
    return ["embed_tokens.weight"] + layers + ["norm.weight"]
  }

  /// The GGUF spelling of a name below `model.`.
  static func ggufName(of name: String) -> String {
    if name == "embed_tokens.weight" { return "token_embd.weight" }
    if name == "norm.weight" { return "output_norm.weight" }
    let spellings = [
      "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
      "self_attn.o_proj": "attn_output", "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm",
      "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
      "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm",
    ]
    let parts = name.split(separator: ".")  // layers, number, ..., weight or bias
    let module = parts.dropFirst(2).dropLast().joined(separator: ".")
    return "blk.\(parts[1]).\(spellings[module] ?? module).\(parts[parts.count - 1])"
  }
}
