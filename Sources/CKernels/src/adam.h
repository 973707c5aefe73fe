// What the loops of Adam share.
#ifndef CKERNELS_SRC_ADAM_H
#define CKERNELS_SRC_ADAM_H

#include "ckernels.h"

namespace ck {

// The factors of one step, rounded once to the type of the arithmetic.
struct AdamFactors {
  float multiplier, gradient_decay, decay, beta1, beta1_rest, beta2, beta2_rest, rate, root_factor, epsilon;

  explicit AdamFactors(const ck_adam_options &options);
};

// The plain loop that defines the step, over the elements [begin, end).
void adam_reference(const ck_update_buffers &b, const AdamFactors &f, int64_t begin, int64_t end) noexcept;

}  // namespace ck
#endif
