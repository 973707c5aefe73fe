// The triad, by the vector loop of bandwidth_lanes.h.
#pragma clang fp contract(off)

#define CK_BODY "bandwidth_lanes.h"
#include "each_level.h"

extern "C" void ck_triad(
    float *result, const float *a, const float *b, float factor, int64_t count, ck_isa level,
    ck_executor executor) noexcept {
  const auto range = CK_SELECT(level, triad_range);
  const bool streams = reinterpret_cast<uintptr_t>(result) % 64 == 0;
  ck::for_ranges(executor, count, [&](int64_t begin, int64_t end) {
    range(result, a, b, factor, streams, begin, end);
  });
}
