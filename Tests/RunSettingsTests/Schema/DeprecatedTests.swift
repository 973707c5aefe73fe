import Testing

@testable import RunSettings

@Suite struct DeprecatedTests {
  @Test("Earlier names are moved to their present ones with a warning that names them")
  func renamed() throws {
    let text = #"""
      "zero_optimization": {"stage": 2, "stage3_gather_fp16_weights_on_model_save": true,
                            "cpu_offload_use_pin_memory": true},
      "aio": {"thread_count": 4}
      """#
    let plan = try planWithBatch(text)
    #expect(plan.config.zero.gathersWeightsOnSave)
    #expect(plan.config.aio.threadCount == 4)
    #expect(plan.warnings.map(\.kind) == [.deprecatedKey, .deprecatedKey, .deprecatedKey])
    let descriptions = plan.warnings.map(\.description)
    #expect(descriptions.contains { $0.contains("stage3_gather_16bit_weights_on_model_save") })
    #expect(descriptions.contains { $0.contains("'intra_op_parallelism'") })
    #expect(descriptions.contains { $0.contains("'pin_memory'") })
  }

  @Test(
    "cpu_offload becomes an offload section when true and nothing when false",
    arguments: ["cpu_offload", "cpu_offload_param", "cpu_offload_params"])
  func offload(name: String) throws {
    let (off, _) = try RunConfig.reading(
      .text("{\"zero_optimization\": {\"stage\": 3, \"\(name)\": false}}"), strict: false)
    #expect(!off.zero.offloadOptimizer.isPresent && !off.zero.offloadParameters.isPresent)
    let (on, found) = try RunConfig.reading(
      .text("{\"zero_optimization\": {\"stage\": 3, \"\(name)\": true}}"), strict: false)
    #expect(found.isEmpty)
    let isOptimizer = name == "cpu_offload"
    #expect(on.zero.offloadOptimizer.device == (isOptimizer ? .cpu : .none))
    #expect(on.zero.offloadParameters.device == (isOptimizer ? .none : .cpu))
    #expect(on.zero.offloadOptimizer.pinsMemory)
    #expect(on.warnings.count == 1)
  }

  @Test("Both the earlier and the present name are an error, also through an alias")
  func both() {
    let pairs = [
      (#""cpu_offload": true, "offload_optimizer": {"device": "cpu"}"#, "cpu_offload"),
      (#""cpu_offload": false, "offload_optimizer": {"device": "cpu"}"#, "cpu_offload"),
      (#""cpu_offload_param": true, "offload_param": {}"#, "cpu_offload_param"),
      (
        #""stage3_gather_fp16_weights_on_model_save": true, "gather_16bit_weights_on_model_save": true"#,
        "stage3_gather_fp16_weights_on_model_save"
      ),
    ]
    for (members, name) in pairs {
      let found = problemsWithBatch("\"zero_optimization\": {\"stage\": 2, \(members)}")
      #expect(found.contains { $0.kind == .contradiction && $0.path.description.hasSuffix(name) }, "\(found)")
    }
  }

  @Test("A boolean zero_optimization means stage 1, with the bucket size of its time")
  func booleanZeRO() throws {
    let on = try planWithBatch(#""zero_optimization": true, "allgather_size": 1e6"#)
    #expect(on.zero.stage == .optimizerStates)
    #expect(on.zero.allgatherBucketSize == 1_000_000)
    #expect(on.warnings.map(\.kind) == [.deprecatedKey])
    #expect(try planWithBatch(#""zero_optimization": false"#).zero.stage == .none)
    let alone = try planWithBatch(#""zero_optimization": {"stage": 1}, "allgather_size": 1e6"#)
    #expect(alone.warnings.map(\.path.description) == ["allgather_size"])
  }

  @Test("Aliases of a key are read as the key")
  func aliases() throws {
    let plan = try planWithBatch(
      #"""
      "bfloat16": {"enabled": true}, "zero_optimization": {"prefetch_bucket_size": 7,
      "param_persistence_threshold": 8, "max_live_parameters": 9, "max_reuse_distance": 10,
      "model_persistence_threshold": 11, "gather_16bit_weights_on_model_save": true},
      "tensor_parallel": {"tensor_parallel": {"tp_grain_size": 64}, "kernel_inject": true}
      """#
    )
    #expect(plan.precision.modelType == .bfloat16)
    let zero = plan.config.zero
    #expect(zero.prefetchBucketSize == 7 && zero.parameterPersistenceThreshold == 8)
    #expect(zero.maximumLiveParameters == 9 && zero.maximumReuseDistance == 10)
    #expect(zero.modelPersistenceThreshold == 11 && zero.gathersWeightsOnSave)
    #expect(plan.config.tensorParallel.division.grainSize == 64)
    #expect(plan.config.tensorParallel.injectsKernels)
  }
}
