// What the loops of stochastic gradient descent share.
#ifndef CKERNELS_SRC_SGD_H
#define CKERNELS_SRC_SGD_H

#include "ckernels.h"

namespace ck {

// The factors of one step, rounded once to the type of the arithmetic.
struct SgdFactors {
  float multiplier, decay, momentum, gradient_share, rate, lookahead;
  bool nesterov;

  explicit SgdFactors(const ck_sgd_options &options);
};

// The plain loop that defines the step, over the elements [begin, end).
void sgd_reference(const ck_update_buffers &b, const SgdFactors &f, int64_t begin, int64_t end) noexcept;

}  // namespace ck
#endif
