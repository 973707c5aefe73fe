// The fused Adam and AdamW step.
#ifndef CKERNELS_ADAM_H
#define CKERNELS_ADAM_H

#include "update.h"

CK_BEGIN

// The numbers of one Adam step. Kingma and Ba 2015 (arXiv 1412.6980), algorithm 1; decoupled weight decay:
// Loshchilov and Hutter 2019 (arXiv 1711.05101), algorithm 2.
typedef struct {
  double learning_rate;
  double beta1;
  double beta2;
  double epsilon;             // added outside the root
  double weight_decay;
  int64_t step;               // t, 1 at the first step; ignored without bias correction
  bool bias_correction;
  bool decoupled;             // true: AdamW; false: the decay is added to the gradient
  double gradient_multiplier; // multiplies the gradient as it is read: 1 / (loss scale * clip coefficient)
} ck_adam_options;

// One pass over the buffers; states[0] is m, states[1] is v:
//
//   g = multiplier * gradient (+ weight_decay * p when not decoupled)
//   m = beta1 * m + (1 - beta1) * g
//   v = beta2 * v + (1 - beta2) * (g * g)
//   p = p - ((lr / c1) * (m / (sqrt(v) * (1 / sqrt(c2)) + epsilon)) (+ lr * weight_decay * p when decoupled))
//
// with c1 = 1 - beta1^step and c2 = 1 - beta2^step, or 1 without bias correction. Bytes moved per element with
// f32 states and bf16 gradient and copy: 12 + 2 read, 12 + 2 written.
void ck_adam_step(
    const ck_update_buffers *_Nonnull buffers, const ck_adam_options *_Nonnull options, ck_isa level,
    ck_executor executor) CK_NOEXCEPT;

// The same step by the plain loop that defines it.
void ck_adam_step_reference(
    const ck_update_buffers *_Nonnull buffers, const ck_adam_options *_Nonnull options) CK_NOEXCEPT;

CK_END
#endif
