// What the loops of Lion share.
#ifndef CKERNELS_SRC_LION_H
#define CKERNELS_SRC_LION_H

#include "ckernels.h"

namespace ck {

// The factors of one step, rounded once to the type of the arithmetic.
struct LionFactors {
  float multiplier, beta1, beta1_rest, beta2, beta2_rest, kept, rate;

  explicit LionFactors(const ck_lion_options &options);
};

// The plain loop that defines the step, over the elements [begin, end).
void lion_reference(const ck_update_buffers &b, const LionFactors &f, int64_t begin, int64_t end) noexcept;

}  // namespace ck
#endif
