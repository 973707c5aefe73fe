// What the processor can do, found at run time.
#ifndef CKERNELS_CPU_H
#define CKERNELS_CPU_H

#include "base.h"

CK_BEGIN

// Instruction sets that the processor has and the operating system lets programs use.
typedef struct {
  bool avx2;
  bool fma;
  bool f16c;
  bool avx512f;
  bool avx512bw;
  bool avx512dq;
  bool avx512vl;
  bool avx512vnni;
  bool avx512bf16;
  bool avx512fp16;
  bool amx_bf16;
  bool is_amd;  // the processor's maker
} ck_cpu_features;

// The instruction sets of this processor; all false where it is not an x86-64.
ck_cpu_features ck_detect_cpu(void) CK_NOEXCEPT;

// The level that `level` runs at on this processor: itself, or the best one below it that is there.
ck_isa ck_resolve_isa(ck_isa level) CK_NOEXCEPT;

// The name of a level for reports: "AVX-512", "AVX2", "portable"; CK_BEST gives the name of what it resolves
// to.
const char *_Nonnull ck_isa_name(ck_isa level) CK_NOEXCEPT;

CK_END
#endif
