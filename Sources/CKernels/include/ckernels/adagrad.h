// The fused Adagrad step.
#ifndef CKERNELS_ADAGRAD_H
#define CKERNELS_ADAGRAD_H

#include "update.h"

CK_BEGIN

// The numbers of one Adagrad step. Duchi, Hazan and Singer 2011, JMLR 12, with the diagonal matrix.
typedef struct {
  double learning_rate;
  double epsilon;             // added outside the root
  double weight_decay;        // added to the gradient as a share of the weight
  double gradient_multiplier; // multiplies the gradient as it is read: 1 / (loss scale * clip coefficient)
} ck_adagrad_options;

// One pass over the buffers; states[0] is s, the sum of squares:
//
//   g = multiplier * gradient + weight_decay * p
//   s = s + g * g
//   p = p - lr * (g / (sqrt(s) + epsilon))
void ck_adagrad_step(
    const ck_update_buffers *_Nonnull buffers, const ck_adagrad_options *_Nonnull options, ck_isa level,
    ck_executor executor) CK_NOEXCEPT;

// The same step by the plain loop that defines it.
void ck_adagrad_step_reference(
    const ck_update_buffers *_Nonnull buffers, const ck_adagrad_options *_Nonnull options) CK_NOEXCEPT;

CK_END
#endif
