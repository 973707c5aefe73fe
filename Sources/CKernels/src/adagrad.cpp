// Adagrad: the plain loop first, then the dispatch to the vector loops of adagrad_lanes.h.
#pragma clang fp contract(off)

#define CK_BODY "adagrad_lanes.h"
#include "adagrad.h"
#include "each_level.h"
#include "update.h"

namespace ck {

AdagradFactors::AdagradFactors(const ck_adagrad_options &options)
    : multiplier(static_cast<float>(options.gradient_multiplier)),
      decay(static_cast<float>(options.weight_decay)),
      rate(static_cast<float>(options.learning_rate)),
      epsilon(static_cast<float>(options.epsilon)) {}

void adagrad_reference(
    const ck_update_buffers &b, const AdagradFactors &f, int64_t begin, int64_t end) noexcept {
  for (int64_t i = begin; i < end; i++) {
    const float p = load(b.master, b.master_dtype, i);
    const float g = f.multiplier * load(b.gradient, b.gradient_dtype, i) + f.decay * p;
    const float sum = load(b.states[0], b.state_dtype, i) + g * g;
    store(b.states[0], b.state_dtype, i, sum);
    store_weight(b, i, p - f.rate * (g / (std::sqrt(sum) + f.epsilon)));
  }
}

}  // namespace ck

extern "C" void ck_adagrad_step_reference(
    const ck_update_buffers *buffers, const ck_adagrad_options *options) noexcept {
  ck::adagrad_reference(*buffers, ck::AdagradFactors(*options), 0, buffers->count);
}

extern "C" void ck_adagrad_step(
    const ck_update_buffers *buffers, const ck_adagrad_options *options, ck_isa level,
    ck_executor executor) noexcept {
  ck::update_all(*buffers, ck::AdagradFactors(*options), 1, CK_SELECT(level, adagrad_range), executor);
}
