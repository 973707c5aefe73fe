// Stochastic gradient descent: the plain loop first, then the dispatch to the vector loops of sgd_lanes.h.
#pragma clang fp contract(off)

#define CK_BODY "sgd_lanes.h"
#include "sgd.h"
#include "each_level.h"

namespace ck {

SgdFactors::SgdFactors(const ck_sgd_options &options)
    : multiplier(static_cast<float>(options.gradient_multiplier)),
      decay(static_cast<float>(options.weight_decay)),
      momentum(static_cast<float>(options.first_step ? 0 : options.momentum)),
      gradient_share(options.first_step ? 1 : static_cast<float>(1 - options.dampening)),
      rate(static_cast<float>(options.learning_rate)),
      lookahead(static_cast<float>(options.nesterov ? options.momentum : 0)),
      nesterov(options.nesterov) {}

void sgd_reference(const ck_sgd_buffers &b, const SgdFactors &f, int64_t begin, int64_t end) noexcept {
  for (int64_t i = begin; i < end; i++) {
    const float p = b.master[i];
    const float g = f.multiplier * load(b.gradient, b.gradient_dtype, i) + f.decay * p;
    float update = g;
    if (b.momentum != nullptr) {
      const float velocity = f.momentum * b.momentum[i] + f.gradient_share * g;
      b.momentum[i] = velocity;
      update = f.nesterov ? g + f.lookahead * velocity : velocity;
    }
    const float next = p - f.rate * update;
    b.master[i] = next;
    if (b.copy != nullptr) store(b.copy, b.copy_dtype, i, next);
  }
}

}  // namespace ck

extern "C" void ck_sgd_step_reference(const ck_sgd_buffers *buffers, const ck_sgd_options *options) noexcept {
  ck::sgd_reference(*buffers, ck::SgdFactors(*options), 0, buffers->count);
}

extern "C" void ck_sgd_step(
    const ck_sgd_buffers *buffers, const ck_sgd_options *options, ck_isa level,
    ck_executor executor) noexcept {
  const ck::SgdFactors factors(*options);
  const auto range = CK_SELECT(level, sgd_range);
  ck::for_ranges(executor, buffers->count, [&](int64_t begin, int64_t end) {
    range(*buffers, factors, begin, end);
  });
}
