internal import CKernels

/// Which code the fused kernels run on this machine, for `deepspeed report`.
public struct KernelReport: Sendable, Equatable {
  /// "AVX-512", "AVX2" or "portable".
  public let level: String
  /// The instruction sets of the processor that matter to kernels, such as "avx512_bf16"; sorted by age.
  public let instructionSets: [String]

  /// Asks the processor.
  public init() {
    level = String(cString: ck_isa_name(.best))
    let cpu = ck_detect_cpu()
    let all = [
      ("avx2", cpu.avx2), ("fma", cpu.fma), ("f16c", cpu.f16c), ("avx512f", cpu.avx512f),
      ("avx512bw", cpu.avx512bw), ("avx512dq", cpu.avx512dq), ("avx512vl", cpu.avx512vl),
      ("avx512_vnni", cpu.avx512vnni), ("avx512_bf16", cpu.avx512bf16), ("avx512_fp16", cpu.avx512fp16),
      ("amx_bf16", cpu.amx_bf16),
    ]
    instructionSets = all.filter(\.1).map(\.0)
  }
}
