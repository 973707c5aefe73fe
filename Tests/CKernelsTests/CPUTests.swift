import CKernels
import Testing

struct CPUTests {
  @Test func `the best level is the highest that resolves to itself`() {
    #expect(ck_resolve_isa(.best) == availableLevels.last)
    #expect(ck_resolve_isa(.portable) == .portable)
  }

  @Test(arguments: [ck_isa.portable, .avx2, .avx512])
  func `a level never resolves to a higher one`(level: ck_isa) {
    #expect(ck_resolve_isa(level).rawValue <= level.rawValue)
  }

  @Test func `a level is there exactly when its instruction sets are`() {
    let cpu = ck_detect_cpu()
    let hasAVX2 = cpu.avx2 && cpu.fma && cpu.f16c
    let hasAVX512 = hasAVX2 && cpu.avx512f && cpu.avx512bw && cpu.avx512dq && cpu.avx512vl
    #expect(availableLevels.contains(.avx2) == hasAVX2)
    #expect(availableLevels.contains(.avx512) == hasAVX512)
  }

  @Test func `levels have names for reports`() {
    #expect(String(cString: ck_isa_name(.avx512)) == "AVX-512")
    #expect(String(cString: ck_isa_name(.avx2)) == "AVX2")
    #expect(String(cString: ck_isa_name(.portable)) == "portable")
    #expect(String(cString: ck_isa_name(.best)) == String(cString: ck_isa_name(ck_resolve_isa(.best))))
  }
}
