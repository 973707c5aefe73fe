import Models

extension TrainingBenchmark {
  /// A shape to train, with its global batch.
  public enum Size: String, Sendable, CaseIterable {
    /// GPT: 4 layers of 256, bytes, 3.3 million parameters: overhead shows.
    case tiny
    /// GPT: 6 layers of 384, vocabulary 8192, 13.9 million parameters.
    case small
    /// GPT-2: 12 layers of 768, vocabulary 50257, 124 million parameters.
    case gpt2
    /// The shape of SmolLM2-135M: 30 layers of 576, vocabulary 49152, 134.5 million parameters.
    case smollm2
    /// A Llama of 13 layers of 2048 over bytes, 656 million parameters: little is live at a time.
    case llama650m = "llama-650m"
    /// A Llama of 39 layers of 2560, vocabulary 32000, 4.0 billion parameters.
    case llama4b = "llama-4b"

    /// Sequences of one optimizer step over all ranks.
    public var globalBatch: Int {
      switch self {
      case .tiny: 16
      case .small: 8
      case .gpt2: 4
      case .smollm2: 8
      case .llama650m, .llama4b: 2
      }
    }

    /// Tokens of a sequence.
    public var sequenceLength: Int {
      switch self {
      case .tiny, .small, .smollm2: 256
      case .gpt2, .llama650m, .llama4b: 512
      }
    }

    /// The tokens that there are.
    public var vocabularySize: Int {
      switch self {
      case .tiny, .llama650m: 256
      case .small: 8192
      case .gpt2: 50257
      case .smollm2: 49152
      case .llama4b: 32000
      }
    }

    /// Blocks of the model.
    var layerCount: Int {
      switch self {
      case .tiny: 4
      case .small: 6
      case .gpt2: 12
      case .smollm2: 30
      case .llama650m: 13
      case .llama4b: 39
      }
    }

    /// The model, declared: GPTs pre-norm with tanh GELU, learned positions, tied head and no dropout; Llamas with tied
    /// heads.
    ///
    /// - Parameter layerCount: blocks; nil for those of the shape.
    func declaredModel(layerCount: Int? = nil) -> CausalLanguageModel {
      let layers = layerCount ?? self.layerCount
      return switch self {
      case .tiny: gpt(length: 256, width: 256, layers: layers, heads: 4)
      case .small: gpt(length: 256, width: 384, layers: layers, heads: 6)
      case .gpt2: gpt(length: 512, width: 768, layers: layers, heads: 12)
      case .smollm2: llama(width: 576, inner: 1536, layers: layers, heads: 9, kvHeads: 3, headDim: 64)
      case .llama650m: llama(width: 2048, inner: 5504, layers: layers, heads: 16, kvHeads: 16, headDim: 128)
      case .llama4b: llama(width: 2560, inner: 9728, layers: layers, heads: 32, kvHeads: 8, headDim: 128)
      }
    }

    private func gpt(length: Int, width: Int, layers: Int, heads: Int) -> GPT2Model {
      GPT2Model(
        GPT2Configuration(
          vocabularySize: vocabularySize, maximumLength: length, hiddenSize: width, layerCount: layers,
          headCount: heads))
    }

    private func llama(width: Int, inner: Int, layers: Int, heads: Int, kvHeads: Int, headDim: Int) -> LlamaModel {
      var configuration = LlamaConfiguration(
        vocabularySize: vocabularySize, hiddenSize: width, intermediateSize: inner, layerCount: layers,
        headCount: heads)
      configuration.kvHeadCount = kvHeads
      configuration.headDim = headDim
      configuration.isHeadTied = true
      return LlamaModel(configuration)
    }
  }
}
