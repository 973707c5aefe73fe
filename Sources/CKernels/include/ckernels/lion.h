// The fused Lion step.
#ifndef CKERNELS_LION_H
#define CKERNELS_LION_H

#include "update.h"

CK_BEGIN

// The numbers of one Lion step. Chen et al. 2023 (arXiv 2302.06675), algorithm 2.
typedef struct {
  double learning_rate;
  double beta1;
  double beta2;
  double weight_decay;        // decoupled
  double gradient_multiplier; // multiplies the gradient as it is read: 1 / (loss scale * clip coefficient)
} ck_lion_options;

// One pass over the buffers; states[0] is m:
//
//   g = multiplier * gradient
//   c = beta1 * m + (1 - beta1) * g
//   p = (1 - lr * weight_decay) * p - (lr with the sign of c)
//   m = beta2 * m + (1 - beta2) * g
//
// A zero has a sign here too, its sign bit, as in DeepSpeed; the paper leaves weights with c = 0 alone.
void ck_lion_step(
    const ck_update_buffers *_Nonnull buffers, const ck_lion_options *_Nonnull options, ck_isa level,
    ck_executor executor) CK_NOEXCEPT;

// The same step by the plain loop that defines it.
void ck_lion_step_reference(
    const ck_update_buffers *_Nonnull buffers, const ck_lion_options *_Nonnull options) CK_NOEXCEPT;

CK_END
#endif
