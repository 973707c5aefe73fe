// Softmax of causal attention scores and its gradient: dispatch to attention_lanes.h.
#pragma clang fp contract(off)

#define CK_BODY "attention_lanes.h"
#include "each_level.h"
#include "layer_rows.h"

extern "C" void ck_attention_softmax(
    const ck_attention_scores *scores, ck_isa level, ck_executor executor) noexcept {
  const auto range = CK_SELECT(level, attention_range);
  ck::for_items(executor, scores->matrices * scores->rows, scores->keys, [&](int64_t begin, int64_t end) {
    range(*scores, begin, end);
  });
}

extern "C" void ck_attention_softmax_backward(
    const ck_attention_scores *scores, const void *weights, ck_isa level, ck_executor executor) noexcept {
  const auto range = CK_SELECT(level, attention_backward_range);
  ck::for_items(executor, scores->matrices * scores->rows, scores->keys, [&](int64_t begin, int64_t end) {
    range(*scores, weights, begin, end);
  });
}
