// Lion: the plain loop first, then the dispatch to the vector loops of lion_lanes.h.
#pragma clang fp contract(off)

#define CK_BODY "lion_lanes.h"
#include "lion.h"
#include "each_level.h"
#include "update.h"

namespace ck {

LionFactors::LionFactors(const ck_lion_options &options)
    : multiplier(static_cast<float>(options.gradient_multiplier)),
      beta1(static_cast<float>(options.beta1)),
      beta1_rest(static_cast<float>(1 - options.beta1)),
      beta2(static_cast<float>(options.beta2)),
      beta2_rest(static_cast<float>(1 - options.beta2)),
      kept(static_cast<float>(1 - options.learning_rate * options.weight_decay)),
      rate(static_cast<float>(options.learning_rate)) {}

void lion_reference(
    const ck_update_buffers &b, const LionFactors &f, int64_t begin, int64_t end) noexcept {
  for (int64_t i = begin; i < end; i++) {
    const float p = load(b.master, b.master_dtype, i);
    const float g = f.multiplier * load(b.gradient, b.gradient_dtype, i);
    const float m = load(b.states[0], b.state_dtype, i);
    const float c = f.beta1 * m + f.beta1_rest * g;
    store(b.states[0], b.state_dtype, i, f.beta2 * m + f.beta2_rest * g);
    store_weight(b, i, f.kept * p - std::copysign(f.rate, c));
  }
}

}  // namespace ck

extern "C" void ck_lion_step_reference(
    const ck_update_buffers *buffers, const ck_lion_options *options) noexcept {
  ck::lion_reference(*buffers, ck::LionFactors(*options), 0, buffers->count);
}

extern "C" void ck_lion_step(
    const ck_update_buffers *buffers, const ck_lion_options *options, ck_isa level,
    ck_executor executor) noexcept {
  ck::update_all(*buffers, ck::LionFactors(*options), 1, CK_SELECT(level, lion_range), executor);
}
