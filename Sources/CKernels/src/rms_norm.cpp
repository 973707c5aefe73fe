// The root-mean-square norm and its gradients: dispatch to rms_norm_lanes.h.
#pragma clang fp contract(off)

#define CK_BODY "rms_norm_lanes.h"
#include "each_level.h"
#include "layer_rows.h"

extern "C" void ck_rms_norm(
    const ck_rms_norm_rows *rows, void *output, float epsilon, ck_isa level, ck_executor executor) noexcept {
  const auto range = CK_SELECT(level, rms_norm_range);
  ck::for_items(executor, rows->rows, rows->width, [&](int64_t begin, int64_t end) {
    range(*rows, output, epsilon, begin, end);
  });
}

extern "C" void ck_rms_norm_backward(
    const ck_rms_norm_rows *rows, const void *upstream, void *input_gradient, float *partial_sums,
    ck_isa level, ck_executor executor) noexcept {
  const auto block = CK_SELECT(level, rms_norm_backward_block);
  const int64_t blocks = (rows->rows + CK_RMS_NORM_BLOCK - 1) / CK_RMS_NORM_BLOCK;
  ck::for_items(executor, blocks, CK_RMS_NORM_BLOCK * rows->width, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; b++) {
      block(*rows, upstream, input_gradient, partial_sums + b * rows->width, b * CK_RMS_NORM_BLOCK);
    }
  });
}
