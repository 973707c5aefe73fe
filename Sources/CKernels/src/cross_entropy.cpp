// Softmax cross-entropy: dispatch to cross_entropy_lanes.h.
#pragma clang fp contract(off)

#define CK_BODY "cross_entropy_lanes.h"
#include "each_level.h"
#include "layer_rows.h"

#include <limits>

extern "C" void ck_softmax_cross_entropy(
    const ck_cross_entropy_rows *rows, float scale, ck_isa level, ck_executor executor) noexcept {
  const auto range = CK_SELECT(level, cross_entropy_range);
  ck::for_items(executor, rows->rows, rows->classes, [&](int64_t begin, int64_t end) {
    range(*rows, scale, begin, end);
  });
}
