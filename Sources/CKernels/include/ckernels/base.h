// The conventions of CKernels: element types, instruction-set levels, executors.
#ifndef CKERNELS_BASE_H
#define CKERNELS_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define CK_NOEXCEPT noexcept
#define CK_BEGIN extern "C" {
#define CK_END }
#else
#define CK_NOEXCEPT
#define CK_BEGIN
#define CK_END
#endif

#define CK_CLOSED_ENUM __attribute__((enum_extensibility(closed)))
#define CK_NAMED(name) __attribute__((swift_name(#name)))

CK_BEGIN

// The element type of a buffer. Buffers need only the alignment of their element.
typedef enum CK_CLOSED_ENUM : int32_t {
  CK_F32 CK_NAMED(float32) = 0,
  CK_F16 CK_NAMED(float16) = 1,   // IEEE 754 binary16; conversions round to nearest even
  CK_BF16 CK_NAMED(bfloat16) = 2, // the upper half of a binary32; round to nearest even, NaN becomes 0x7FC0
} ck_dtype;

// The instruction-set level of a kernel. A level that the processor lacks is lowered to the best one it has.
typedef enum CK_CLOSED_ENUM : int32_t {
  CK_BEST CK_NAMED(best) = -1,
  CK_PORTABLE CK_NAMED(portable) = 0, // what the compiler makes for the baseline of the architecture
  CK_AVX2 CK_NAMED(avx2) = 1,         // AVX2, FMA and F16C
  CK_AVX512 CK_NAMED(avx512) = 2,     // AVX-512 F, BW, DQ, VL
} ck_isa;

// Work on the items [begin, end) of a loop. `argument` is what the loop was started with.
typedef void (*ck_range_body)(void *_Nullable argument, int64_t begin, int64_t end);

// Runs `body` over disjoint ranges that together cover [begin, end), in any order and on any threads, each
// range at least `grain` long where that is possible, and returns when all are done.
typedef void (*ck_parallel_for)(
    void *_Nullable context, int64_t begin, int64_t end, int64_t grain, ck_range_body _Nonnull body,
    void *_Nullable argument);

// Who runs a kernel's loop: the owner of the threads, so that kernels never bring a second pool.
// With `run` null the loop runs on the calling thread. `context` is borrowed for the length of a kernel call.
typedef struct {
  ck_parallel_for _Nullable run;
  void *_Nullable context;
} ck_executor;

// The executor that stays on the calling thread.
static inline ck_executor ck_serial(void) CK_NOEXCEPT {
  ck_executor serial = {NULL, NULL};
  return serial;
}

CK_END
#endif
