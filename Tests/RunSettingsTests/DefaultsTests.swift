import Testing

@testable import RunSettings

@Suite struct DefaultsTests {
  /// Defaults of every declared key by path, aliases included, variants with their word in parentheses.
  static let declared: [String: String] = {
    var defaults: [String: String] = [:]
    for section in SchemaWalk.sections + SchemaWalk.inferenceSections {
      for member in section.layout.members {
        guard case .value(let value) = member.kind else { continue }
        for name in [member.name] + member.aliases {
          defaults[section.path.isEmpty ? name : section.path + "." + name] = value.defaultText
        }
      }
    }
    return defaults
  }()

  /// Where we say null or write a word differently, on purpose.
  static let differing = [
    "optimizer.params(Adam).weight_decay": "null",  // 0, or 0.01 with torch_adam: settled in the plan
    "optimizer.params(Lamb).max_grad_norm": "null",  // refused when set
  ]

  @Test("Every default equals that of Python DeepSpeed 0.19.8")
  func golden() throws {
    let path = packageFolder() + "/Tests/RunSettingsTests/Fixtures/config_defaults.json"
    let golden = try ConfigurationSource.file(path: path).document()
    let members = try #require(golden.root.members)
    #expect(members.count > 250)
    for member in members {
      let text = try #require(Self.declared[member.key], "\(member.key) is not declared")
      let ours = try JSONDocument(parsing: text, file: member.key).root
      let expected = Self.differing[member.key] ?? Self.canonical(member.node)
      #expect(Self.canonical(ours) == expected, "\(member.key)")
    }
  }

  @Test("Defaults of sections that DeepSpeed 0.19.8 dropped are those of its manual")
  func dropped() {
    let expected = [
      "elasticity.enabled": "false", "elasticity.max_train_batch_size": "2000",
      "elasticity.micro_batch_sizes": "[2, 4, 6]", "elasticity.min_gpus": "1", "elasticity.max_gpus": "10000",
      "elasticity.min_time": "0", "elasticity.prefer_larger_batch": "true",
      "elasticity.ignore_non_elastic_batch_info": "false", "elasticity.version": "0.2",
      "elasticity.model_parallel_size": "1", "elasticity.num_gpus_per_node": "1",
      "progressive_layer_drop.enabled": "false", "progressive_layer_drop.theta": "1.0",
      "progressive_layer_drop.gamma": "0.001", "nebula.enabled": "false", "nebula.enable_nebula_load": "true",
      "nebula.persistent_time_interval": "100", "nebula.num_of_version_in_retention": "2",
      "eigenvalue.max_iter": "100", "eigenvalue.tol": "0.01", "eigenvalue.stability": "1e-06",
      "eigenvalue.layer_name": "\"bert.encoder.layer\"", "quantize_training.eigenvalue.layer_num": "0",
      "sparse_attention.mode": "\"fixed\"", "sparse_attention.block": "16",
      "sparse_attention.num_local_blocks": "4", "sparse_attention.attention": "\"bidirectional\"",
      "sparse_attention.local_window_blocks": "[4]", "sparse_attention.global_block_indices": "[0]",
      "sparse_attention.num_sliding_window_blocks": "3", "zero_optimization.mics_shard_size": "-1",
      "zero_optimization.mics_hierarchical_params_gather": "false",
      "zero_optimization.zeropp_loco_param.err_beta": "0.8",
      "zero_optimization.zeropp_loco_param.reset_T": "1024", "sparse_gradients": "false",
      "graph_harvesting": "false", "amp.enabled": "false",
      "compression_training.weight_quantization.shared_parameters.quantize_groups": "1",
      "compression_training.weight_quantization.shared_parameters.schedule_offset": "0",
      "compression_training.weight_quantization.shared_parameters.rounding": "\"nearest\"",
      "compression_training.weight_quantization.shared_parameters.fp16_mixed_quantize.quantize_change_ratio":
        "0.001",
      "compression_training.weight_quantization.different_groups.*.params.quantization_period": "1",
      "compression_training.activation_quantization.shared_parameters.range_calibration": "\"dynamic\"",
      "compression_training.activation_quantization.shared_parameters.schedule_offset": "1000",
      "compression_training.sparse_pruning.shared_parameters.block_pattern": "\"4x1\"",
      "compression_training.sparse_pruning.shared_parameters.dense_ratio": "0.1",
      "compression_training.sparse_pruning.shared_parameters.schedule_offset_stride": "1",
      "compression_training.head_pruning.shared_parameters.method": "\"topk\"",
      "compression_training.row_pruning.shared_parameters.method": "\"l1\"",
      "compression_training.channel_pruning.shared_parameters.schedule_offset": "1000",
      "compression_training.layer_reduction.enabled": "false", "curriculum_learning.enabled": "false",
      "curriculum_learning.curriculum_type": "\"seqlen\"", "pipeline.use_reentrant": "true",
      "tensor_parallel.partition_config.embedding_partition_dim": "1",
      "tensor_parallel.partition_config.lm_head_patterns": "[\"lm_head\", \"embed_out\"]",
      "optimizer.params(OneBitAdam).freeze_step": "100000",
      "optimizer.params(OneBitAdam).comm_backend_name": "\"nccl\"",
      "optimizer.params(ZeroOneAdam).var_update_scaler": "16",
      "optimizer.params(ZeroOneAdam).local_step_scaler": "32678",
      "optimizer.params(OneBitLamb).coeff_beta": "0.9", "optimizer.params(OneBitLamb).factor_max": "4.0",
      "optimizer.params(Muon).momentum": "0.95", "optimizer.params(Muon).ns_method": "\"gram\"",
      "optimizer.params(Muon).betas": "[0.9, 0.95]",
    ]
    for (path, text) in expected { #expect(Self.declared[path] == text, "\(path)") }
  }

  @Test("There are more than 450 keys, and each default is read back as itself")
  func readBack() throws {
    #expect(Self.declared.count > 450)
    for section in SchemaWalk.sections + SchemaWalk.inferenceSections {
      for member in section.layout.members {
        guard case .value(let value) = member.kind else { continue }
        let node = try JSONDocument(parsing: value.defaultText, file: "default").root
        guard case .value(let read, advice: nil) = value.read(node) else {
          Issue.record("\(section.path).\(member.name): \(value.defaultText) is not \(value.expectation)")
          continue
        }
        #expect(read.text == value.defaultText)
        let isAllowed = read.numbers.allSatisfy { value.allowed?.contains($0) ?? true }
        #expect(isAllowed, "\(section.path).\(member.name): \(value.defaultText)")
      }
    }
  }

  /// Numbers by value, words in lower case.
  private static func canonical(_ node: JSONNode) -> String {
    switch node.value {
    case .number(let number): number.double.description
    case .string(let word): word.lowercased().quotedAsJSON
    case .array(let nodes): "[" + nodes.map(canonical).joined(separator: ", ") + "]"
    default: node.text
    }
  }
}
