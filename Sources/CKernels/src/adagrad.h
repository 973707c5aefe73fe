// What the loops of Adagrad share.
#ifndef CKERNELS_SRC_ADAGRAD_H
#define CKERNELS_SRC_ADAGRAD_H

#include "ckernels.h"

namespace ck {

// The factors of one step, rounded once to the type of the arithmetic.
struct AdagradFactors {
  float multiplier, decay, rate, epsilon;

  explicit AdagradFactors(const ck_adagrad_options &options);
};

// The plain loop that defines the step, over the elements [begin, end).
void adagrad_reference(const ck_update_buffers &b, const AdagradFactors &f, int64_t begin, int64_t end) noexcept;

}  // namespace ck
#endif
