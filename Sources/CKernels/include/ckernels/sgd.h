// The fused step of stochastic gradient descent.
#ifndef CKERNELS_SGD_H
#define CKERNELS_SGD_H

#include "update.h"

CK_BEGIN

// The numbers of one step of stochastic gradient descent with momentum, as PyTorch defines it (Sutskever et
// al. 2013, with the learning rate outside the velocity).
typedef struct {
  double learning_rate;
  double momentum;
  double dampening;
  double weight_decay;
  bool nesterov;
  bool first_step;            // the momentum buffer starts as the gradient, without dampening
  double gradient_multiplier; // multiplies the gradient as it is read: 1 / (loss scale * clip coefficient)
} ck_sgd_options;

// One pass over the buffers; states[0] is b, or null when the momentum is 0:
//
//   g = multiplier * gradient + weight_decay * p
//   b = g at the first step, else momentum * b + (1 - dampening) * g
//   p = p - lr * (nesterov: g + momentum * b; momentum 0: g; else b)
void ck_sgd_step(
    const ck_update_buffers *_Nonnull buffers, const ck_sgd_options *_Nonnull options, ck_isa level,
    ck_executor executor) CK_NOEXCEPT;

// The same step by the plain loop that defines it.
void ck_sgd_step_reference(
    const ck_update_buffers *_Nonnull buffers, const ck_sgd_options *_Nonnull options) CK_NOEXCEPT;

CK_END
#endif
