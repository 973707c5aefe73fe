// How kernels run their loops: element types as compile-time tags, levels, ranges handed to an executor.
#ifndef CKERNELS_LOOPS_H
#define CKERNELS_LOOPS_H

#include "ckernels.h"

#include <algorithm>
#include <cstdint>

namespace ck {

struct F32 { using stored = float; };
struct F16 { using stored = uint16_t; };
struct BF16 { using stored = uint16_t; };
struct Nowhere { using stored = void; };

// Calls `body` with the tag of `dtype`.
template <class Body>
inline void with_tag(ck_dtype dtype, Body &&body) {
  switch (dtype) {
    case CK_F16: body(F16{}); break;
    case CK_BF16: body(BF16{}); break;
    default: body(F32{});
  }
}

// Elements of one unit of parallel work. A multiple of the lanes keeps inner ranges free of odd ends; 8 units
// are the least that is worth a thread.
constexpr int64_t unitLength = 4096;
constexpr int64_t unitGrain = 8;

// Runs `body(begin, end)` over the elements [0, count).
template <class Body>
inline void for_ranges(ck_executor executor, int64_t count, Body &&body) noexcept {
  const int64_t units = (count + unitLength - 1) / unitLength;
  if (executor.run == nullptr || units <= unitGrain) {
    if (count > 0) body(int64_t{0}, count);
    return;
  }
  struct Loop {
    Body &body;
    int64_t count;
  } loop{body, count};
  executor.run(
      executor.context, 0, units, unitGrain,
      [](void *argument, int64_t begin, int64_t end) {
        auto &loop = *static_cast<Loop *>(argument);
        loop.body(begin * unitLength, std::min(end * unitLength, loop.count));
      },
      &loop);
}

}  // namespace ck

#if defined(__x86_64__)
#define CK_HAS_X86 1
// The body of a kernel for the resolved level, as a function pointer.
#define CK_SELECT(level, function)                              \
  (ck_resolve_isa(level) == CK_AVX512 ? &ck::avx512::function   \
   : ck_resolve_isa(level) == CK_AVX2 ? &ck::avx2::function     \
                                      : &ck::portable::function)
#else
#define CK_SELECT(level, function) (&ck::portable::function)
#endif

#endif
