public import Layers

/// The published models that share Llama's form and differ in a few options.
public enum LlamaVariant: String, Sendable, Hashable, CaseIterable {
  /// Llama 1 to 3, SmolLM2 and others of exactly that form.
  case llama
  /// Mistral: a sliding window over all layers.
  case mistral
  /// Qwen2: biases for query, key and value.
  case qwen2
  /// Qwen3: norms over each head's query and key.
  case qwen3

  /// The class name that `transformers` uses.
  public var architecture: String {
    switch self {
    case .llama: return "LlamaForCausalLM"
    case .mistral: return "MistralForCausalLM"
    case .qwen2: return "Qwen2ForCausalLM"
    case .qwen3: return "Qwen3ForCausalLM"
    }
  }
}

/// The sizes and options of a model of the Llama family.
///
/// - Source: Touvron et al., "LLaMA", 2023, arXiv:2302.13971; Grattafiori et al., "The Llama 3 herd of
///   models", 2024, arXiv:2407.21783; Jiang et al., "Mistral 7B", 2023, arXiv:2310.06825; Yang et al., "Qwen2
///   technical report", 2024, arXiv:2407.10671; "Qwen3 technical report", 2025, arXiv:2505.09388.
public struct LlamaConfiguration: Sendable, Hashable {
  /// Which published form.
  public var variant: LlamaVariant
  /// The number of tokens known.
  public var vocabularySize: Int
  /// The width of hidden states.
  public var hiddenSize: Int
  /// The width inside the gated feed-forward block.
  public var intermediateSize: Int
  /// The number of blocks.
  public var layerCount: Int
  /// The number of query heads.
  public var headCount: Int
  /// The number of key-value heads, a divisor of the number of query heads.
  public var kvHeadCount: Int
  /// The width of a head; even.
  public var headDim: Int
  /// The longest sequence that the model was made for, in tokens.
  public var maximumLength = 2048
  /// Added to the mean square before its root in every RMSNorm.
  public var normEpsilon = 1e-6
  /// The base of the rotary wavelengths.
  public var rotaryBase = 10_000.0
  /// The change of the rotary frequencies for long texts.
  public var rotaryScaling = RotaryScaling.none
  /// True when the head uses the embedding's table.
  public var isHeadTied = false
  /// True when query, key and value projections have a bias.
  public var hasQKVBias = false
  /// True when the attention's output projection has a bias.
  public var hasOutputBias = false
  /// True when the feed-forward layers have a bias.
  public var hasFeedForwardBias = false
  /// True when each head's query and key are normed.
  public var hasQueryKeyNorm = false
  /// The nonlinearity of the gate.
  public var activation = Activation.silu
  /// How far back a token sees in the layers of ``windowedLayers``; nil: to the beginning.
  public var slidingWindow: Int?
  /// For each layer, whether the sliding window holds.
  public var windowedLayers: [Bool]
  /// Dropout on attention weights.
  public var attentionDropout = 0.0
  /// The standard deviation of fresh weights.
  public var standardDeviation = 0.02

  /// A Llama of these sizes with as many key-value heads as query heads; change the other fields as needed.
  public init(vocabularySize: Int, hiddenSize: Int, intermediateSize: Int, layerCount: Int, headCount: Int) {
    variant = .llama
    self.vocabularySize = vocabularySize
    self.hiddenSize = hiddenSize
    self.intermediateSize = intermediateSize
    self.layerCount = layerCount
    self.headCount = headCount
    kvHeadCount = headCount
    headDim = hiddenSize / max(1, headCount)
    windowedLayers = Array(repeating: false, count: layerCount)
  }

  /// How far back a token sees in this layer; nil: to the beginning.
  public func window(ofLayer layer: Int) -> Int? { windowedLayers[layer] ? slidingWindow : nil }

  /// The number of elements of all parameters, computed without building the model.
  public var parameterCount: Int {
    let (queries, keys) = (headCount * headDim, kvHeadCount * headDim)
    var block = hiddenSize * (2 * queries + 2 * keys) + 3 * hiddenSize * intermediateSize + 2 * hiddenSize
    if hasQKVBias { block += queries + 2 * keys }
    if hasOutputBias { block += hiddenSize }
    if hasFeedForwardBias { block += 2 * intermediateSize + hiddenSize }
    if hasQueryKeyNorm { block += 2 * headDim }
    return layerCount * block + vocabularySize * hiddenSize * (isHeadTied ? 1 : 2) + hiddenSize
  }

  /// The shape and options of one layer's attention.
  func attention(layer: Int) -> AttentionConfiguration {
    var attention = AttentionConfiguration(
      hiddenSize: hiddenSize, headCount: headCount, kvHeadCount: kvHeadCount, headDim: headDim)
    attention.hasQKVBias = hasQKVBias
    attention.hasOutputBias = hasOutputBias
    attention.queryKeyNormEpsilon = hasQueryKeyNorm ? normEpsilon : nil
    attention.pattern = AttentionPattern(window: window(ofLayer: layer), dropout: attentionDropout)
    attention.standardDeviation = standardDeviation
    return attention
  }
}
