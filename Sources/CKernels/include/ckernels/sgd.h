// The fused step of stochastic gradient descent.
#ifndef CKERNELS_SGD_H
#define CKERNELS_SGD_H

#include "base.h"

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

// The flat buffers of one step, each `count` elements long. No two may overlap.
typedef struct {
  int64_t count;
  float *_Nullable master;        // read and written
  float *_Nullable momentum;      // b; read and written; null when the momentum is 0, else finite
  const void *_Nullable gradient; // read in place
  ck_dtype gradient_dtype;
  void *_Nullable copy;           // the new master, rounded to copy_dtype, is written here; null: nowhere
  ck_dtype copy_dtype;
} ck_sgd_buffers;

// One pass over the buffers, arithmetic in f32:
//
//   g = multiplier * gradient + weight_decay * p
//   b = g at the first step, else momentum * b + (1 - dampening) * g
//   p = p - lr * (nesterov: g + momentum * b; momentum 0: g; else b)
void ck_sgd_step(
    const ck_sgd_buffers *_Nonnull buffers, const ck_sgd_options *_Nonnull options, ck_isa level,
    ck_executor executor) CK_NOEXCEPT;

// The same step by the plain loop that defines it.
void ck_sgd_step_reference(
    const ck_sgd_buffers *_Nonnull buffers, const ck_sgd_options *_Nonnull options) CK_NOEXCEPT;

CK_END
#endif
