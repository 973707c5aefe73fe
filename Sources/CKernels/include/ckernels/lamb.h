// The LAMB step in two halves, between which the norms of whole parameters are put together.
#ifndef CKERNELS_LAMB_H
#define CKERNELS_LAMB_H

#include "update.h"

CK_BEGIN

// The numbers of one LAMB step. You et al. 2020 (arXiv 1904.00962), algorithm 2, with DeepSpeed's placing of
// the bias correction.
typedef struct {
  double learning_rate;
  double beta1;
  double beta2;
  double epsilon;
  bool epsilon_inside_root;   // sqrt(v + epsilon) instead of sqrt(v) + epsilon
  double weight_decay;        // a share of the weight joins the direction
  int64_t step;               // t, 1 at the first step; ignored without bias correction
  bool bias_correction;
  double gradient_multiplier; // multiplies the gradient as it is read: 1 / (loss scale * clip coefficient)
} ck_lamb_options;

// Sums of squares over some elements of one parameter, in f64.
typedef struct {
  double weights;    // of p
  double direction;  // of u
} ck_lamb_squares;

// First half; states[0] is m, states[1] is v, `copy` is not touched:
//
//   g = multiplier * gradient
//   m = beta1 * m + (1 - beta1) * g
//   v = beta2 * v + (1 - beta2) * (g * g)
//   u = m / (sqrt(v) + epsilon) + weight_decay * p
//
// Returns the squares of p and u over the buffers, u made from the moments as they are stored. The sums do not
// depend on the level or the number of threads.
ck_lamb_squares ck_lamb_moments(
    const ck_update_buffers *_Nonnull buffers, const ck_lamb_options *_Nonnull options, ck_isa level,
    ck_executor executor) CK_NOEXCEPT;

// Second half: p = p - lr * (sqrt(1 - beta2^t) / (1 - beta1^t)) * trust_ratio * u, the fraction being 1
// without bias correction. The gradient is not read.
void ck_lamb_apply(
    const ck_update_buffers *_Nonnull buffers, const ck_lamb_options *_Nonnull options, double trust_ratio,
    ck_isa level, ck_executor executor) CK_NOEXCEPT;

// The same halves by the plain loops that define them.
ck_lamb_squares ck_lamb_moments_reference(
    const ck_update_buffers *_Nonnull buffers, const ck_lamb_options *_Nonnull options) CK_NOEXCEPT;
void ck_lamb_apply_reference(
    const ck_update_buffers *_Nonnull buffers, const ck_lamb_options *_Nonnull options,
    double trust_ratio) CK_NOEXCEPT;

CK_END
#endif
