import Testing

@testable import RunSettings

@Suite struct InferenceConfigTests {
  @Test("Settings of init_inference are read with aliases and switches")
  func engine() throws {
    let config = try InferenceConfig<InferenceKeys>(
      .text(
        #"""
        {"kernel_inject": true, "dtype": "half", "tp": {"tp_size": 2}, "moe": false, "max_tokens": 4096,
         "quant": {"weight": {"num_bits": 4}}, "zero": {"stage": 3}}
        """#))
    #expect(config.injectsKernels && config.dataType == .float16)
    #expect(config.tensorParallel.size == 2 && config.tensorParallel.grainSize == 64)
    #expect(!config.experts.enabled && config.experts.size == 1)
    #expect(config.maximumTokens == 4096 && config.quantization.weight.bits == 4)
    #expect(config.zero.stage == .parameters)
    #expect(config.warnings.isEmpty)
  }

  @Test("Earlier names move into the objects that have them today")
  func deprecated() throws {
    let text =
      #"{"mp_size": 4, "tensor_parallel": {"enabled": true}, "moe_type": "residual", "replace_method": ""}"#
    let config = try InferenceConfig<InferenceKeys>(.text(text))
    #expect(config.tensorParallel.size == 4 && config.experts.type == .residual)
    #expect(config.warnings.count == 3)
    let both = #expect(throws: ConfigurationError.self) {
      try InferenceConfig<InferenceKeys>(.text(#"{"mp_size": 4, "tensor_parallel": {"tp_size": 4}}"#))
    }
    #expect(both?.description.contains("only 'tensor_parallel.tp_size'") == true)
  }

  @Test("Settings of continuous batching are read, and their limits hold")
  func ragged() throws {
    let config = try InferenceConfig<RaggedInferenceKeys>(
      .text(#"{"manager": {"max_context": 100, "memory_config": {"mode": "allocate", "size": 20}}}"#))
    #expect(config.sequences.maximumContext == 100 && config.sequences.memory.mode == .allocate)
    let wrong = [
      (#"{"state_manager": {"max_ragged_batch_size": 16}}"#, "max_ragged_sequence_count, 512"),
      (#"{"state_manager": {"max_tracked_sequences": 16}}"#, "max_ragged_sequence_count, 512"),
      (#"{"state_manager": {"max_context": 0}}"#, "at least 1"),
      (#"{"state_manager": {"offload": true}}"#, "not yet"),
      (#"{"quantization": {"quantization_mode": "wf4"}}"#, #""wf6af16""#),
      (#"{"stat_manager": {}}"#, "'state_manager'"), (#"{"own": 1}"#, "an unknown key"),
    ]
    for (text, part) in wrong {
      let error = #expect(throws: ConfigurationError.self) {
        try InferenceConfig<RaggedInferenceKeys>(.text(text))
      }
      #expect(error?.description.contains(part) == true, "\(text): \(String(describing: error))")
    }
  }

  @Test("Settings of init_inference that exclude each other are refused")
  func contradictions() {
    let wrong = [
      (#"{"enable_cuda_graph": true, "tp": {"tp_size": 2}}"#, "tp_size 2"),
      (#"{"dtype": "int4"}"#, #""int8""#),
      (#"{"replace_with_kernel_inject": true, "injection_dict": {}}"#, "only one of the two"),
      (#"{"max_out_tokens": 0}"#, "at least 1"),
      (#"{"kernel_inject": true, "replace_with_kernel_inject": true}"#, "both"),
    ]
    for (text, part) in wrong {
      let error = #expect(throws: ConfigurationError.self) { try InferenceConfig<InferenceKeys>(.text(text)) }
      #expect(error?.description.contains(part) == true, "\(text): \(String(describing: error))")
    }
  }
}
