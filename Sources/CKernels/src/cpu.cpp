// What the processor can do.
#include "ckernels.h"

extern "C" ck_cpu_features ck_detect_cpu() noexcept {
  ck_cpu_features found = {};
#if defined(__x86_64__)
  __builtin_cpu_init();
  found.avx2 = __builtin_cpu_supports("avx2");
  found.fma = __builtin_cpu_supports("fma");
  found.f16c = __builtin_cpu_supports("f16c");
  found.avx512f = __builtin_cpu_supports("avx512f");
  found.avx512bw = __builtin_cpu_supports("avx512bw");
  found.avx512dq = __builtin_cpu_supports("avx512dq");
  found.avx512vl = __builtin_cpu_supports("avx512vl");
  found.avx512vnni = __builtin_cpu_supports("avx512vnni");
  found.avx512bf16 = __builtin_cpu_supports("avx512bf16");
  found.avx512fp16 = __builtin_cpu_supports("avx512fp16");
  found.amx_bf16 = __builtin_cpu_supports("amx-bf16");
  found.is_amd = __builtin_cpu_is("amd");
#endif
  return found;
}

extern "C" ck_isa ck_resolve_isa(ck_isa level) noexcept {
  const ck_cpu_features has = ck_detect_cpu();
  const bool avx2 = has.avx2 && has.fma && has.f16c;
  const bool avx512 = avx2 && has.avx512f && has.avx512bw && has.avx512dq && has.avx512vl;
  if (avx512 && (level == CK_BEST || level == CK_AVX512)) return CK_AVX512;
  if (avx2 && level != CK_PORTABLE) return CK_AVX2;
  return CK_PORTABLE;
}

extern "C" const char *ck_isa_name(ck_isa level) noexcept {
  switch (level == CK_BEST ? ck_resolve_isa(level) : level) {
    case CK_AVX512: return "AVX-512";
    case CK_AVX2: return "AVX2";
    default: return "portable";
  }
}
