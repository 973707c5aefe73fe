// Stochastic gradient descent: the plain loop first, then the dispatch to the vector loops of sgd_lanes.h.
#pragma clang fp contract(off)

#define CK_BODY "sgd_lanes.h"
#include "sgd.h"
#include "each_level.h"
#include "update.h"

namespace ck {

SgdFactors::SgdFactors(const ck_sgd_options &options)
    : multiplier(static_cast<float>(options.gradient_multiplier)),
      decay(static_cast<float>(options.weight_decay)),
      momentum(static_cast<float>(options.first_step ? 0 : options.momentum)),
      gradient_share(options.first_step ? 1 : static_cast<float>(1 - options.dampening)),
      rate(static_cast<float>(options.learning_rate)),
      lookahead(static_cast<float>(options.nesterov ? options.momentum : 0)),
      nesterov(options.nesterov) {}

void sgd_reference(const ck_update_buffers &b, const SgdFactors &f, int64_t begin, int64_t end) noexcept {
  for (int64_t i = begin; i < end; i++) {
    const float p = load(b.master, b.master_dtype, i);
    const float g = f.multiplier * load(b.gradient, b.gradient_dtype, i) + f.decay * p;
    float update = g;
    if (b.states[0] != nullptr) {
      const float velocity = f.momentum * load(b.states[0], b.state_dtype, i) + f.gradient_share * g;
      store(b.states[0], b.state_dtype, i, velocity);
      update = f.nesterov ? g + f.lookahead * velocity : velocity;
    }
    store_weight(b, i, p - f.rate * update);
  }
}

}  // namespace ck

extern "C" void ck_sgd_step_reference(
    const ck_update_buffers *buffers, const ck_sgd_options *options) noexcept {
  ck::sgd_reference(*buffers, ck::SgdFactors(*options), 0, buffers->count);
}

extern "C" void ck_sgd_step(
    const ck_update_buffers *buffers, const ck_sgd_options *options, ck_isa level,
    ck_executor executor) noexcept {
  const int stateCount = buffers->states[0] == nullptr ? 0 : 1;
  ck::update_all(*buffers, ck::SgdFactors(*options), stateCount, CK_SELECT(level, sgd_range), executor);
}
