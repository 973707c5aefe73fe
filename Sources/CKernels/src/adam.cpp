// Adam and AdamW: the plain loop first, then the dispatch to the vector loops of adam_lanes.h.
#pragma clang fp contract(off)

#define CK_BODY "adam_lanes.h"
#include "adam.h"
#include "each_level.h"
#include "update.h"

namespace ck {

AdamFactors::AdamFactors(const ck_adam_options &options) {
  const auto t = static_cast<double>(options.step);
  const double correction1 = options.bias_correction ? 1 - std::pow(options.beta1, t) : 1;
  const double correction2 = options.bias_correction ? 1 - std::pow(options.beta2, t) : 1;
  multiplier = static_cast<float>(options.gradient_multiplier);
  gradient_decay = options.decoupled ? 0 : static_cast<float>(options.weight_decay);
  decay = options.decoupled ? static_cast<float>(options.learning_rate * options.weight_decay) : 0;
  beta1 = static_cast<float>(options.beta1);
  beta1_rest = static_cast<float>(1 - options.beta1);
  beta2 = static_cast<float>(options.beta2);
  beta2_rest = static_cast<float>(1 - options.beta2);
  rate = static_cast<float>(options.learning_rate / correction1);
  root_factor = static_cast<float>(1 / std::sqrt(correction2));
  epsilon = static_cast<float>(options.epsilon);
}

void adam_reference(const ck_update_buffers &b, const AdamFactors &f, int64_t begin, int64_t end) noexcept {
  for (int64_t i = begin; i < end; i++) {
    const float p = load(b.master, b.master_dtype, i);
    const float g = f.multiplier * load(b.gradient, b.gradient_dtype, i) + f.gradient_decay * p;
    const float m = f.beta1 * load(b.states[0], b.state_dtype, i) + f.beta1_rest * g;
    const float v = f.beta2 * load(b.states[1], b.state_dtype, i) + f.beta2_rest * (g * g);
    const float update = f.rate * (m / (std::sqrt(v) * f.root_factor + f.epsilon));
    store(b.states[0], b.state_dtype, i, m);
    store(b.states[1], b.state_dtype, i, v);
    store_weight(b, i, p - (update + f.decay * p));
  }
}

}  // namespace ck

extern "C" void ck_adam_step_reference(
    const ck_update_buffers *buffers, const ck_adam_options *options) noexcept {
  ck::adam_reference(*buffers, ck::AdamFactors(*options), 0, buffers->count);
}

extern "C" void ck_adam_step(
    const ck_update_buffers *buffers, const ck_adam_options *options, ck_isa level,
    ck_executor executor) noexcept {
  ck::update_all(*buffers, ck::AdamFactors(*options), 2, CK_SELECT(level, adam_range), executor);
}
