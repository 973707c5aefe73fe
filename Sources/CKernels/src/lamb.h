// What the loops of LAMB share.
#ifndef CKERNELS_SRC_LAMB_H
#define CKERNELS_SRC_LAMB_H

#include "ckernels.h"

namespace ck {

// The factors of one step, rounded once to the type of the arithmetic; epsilon is added at one of two places.
struct LambFactors {
  float multiplier, decay, beta1, beta1_rest, beta2, beta2_rest, rate, inside, outside;

  // `trust_ratio` matters to the second half only.
  explicit LambFactors(const ck_lamb_options &options, double trust_ratio = 1);
};

// The plain loops that define the halves, over the elements [begin, end). The first adds the squares of element
// i to lane (i - start) mod 16.
void lamb_moments_reference(
    const ck_update_buffers &b, const LambFactors &f, double *weights, double *directions, int64_t start,
    int64_t begin, int64_t end) noexcept;
void lamb_apply_reference(
    const ck_update_buffers &b, const LambFactors &f, int64_t begin, int64_t end) noexcept;

}  // namespace ck
#endif
