import CKernels
import Testing

@testable import Optimizers

struct KernelReportTests {
  @Test func `the level is the one that kernels resolve to`() {
    let report = KernelReport()
    #expect(report.level == String(cString: ck_isa_name(ck_resolve_isa(.best))))
    #expect(report.instructionSets.contains("avx512f") == ck_detect_cpu().avx512f)
  }
}
