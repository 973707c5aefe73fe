// Rotary position embedding: dispatch to rotary_lanes.h.
#pragma clang fp contract(off)

#define CK_BODY "rotary_lanes.h"
#include "each_level.h"
#include "layer_rows.h"

extern "C" void ck_rotate(
    const ck_rotary_rows *rows, bool backward, ck_isa level, ck_executor executor) noexcept {
  const auto range = CK_SELECT(level, rotate_range);
  ck::for_items(executor, rows->rows, rows->heads * rows->width, [&](int64_t begin, int64_t end) {
    range(*rows, backward ? -1.0f : 1.0f, begin, end);
  });
}
