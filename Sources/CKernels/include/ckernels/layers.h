// Fused parts of neural-network layers over contiguous rows: one pass where separate operations take several.
// Arithmetic is in f32 whatever the element type, with one rounding at the store. `level` and `executor` as
// everywhere; results do not depend on them.
#ifndef CKERNELS_LAYERS_H
#define CKERNELS_LAYERS_H

#include "base.h"

CK_BEGIN

// Pointwise nonlinearities.
typedef enum CK_CLOSED_ENUM : int32_t {
  CK_SILU CK_NAMED(silu) = 0,          // x * sigmoid(x)
  CK_GELU_TANH CK_NAMED(geluTanh) = 1, // x * sigmoid(2 c (x + 0.044715 x^3)), c = sqrt(2 / pi)
} ck_activation;

// output[i] = act(input[i]).
void ck_activate(
    ck_activation activation, void *_Nullable output, const void *_Nullable input, ck_dtype dtype,
    int64_t count, ck_isa level, ck_executor executor) CK_NOEXCEPT;

// gradient[i] = upstream[i] * act'(input[i]). `gradient` may be `upstream`.
void ck_activate_backward(
    ck_activation activation, void *_Nullable gradient, const void *_Nullable upstream,
    const void *_Nullable input, ck_dtype dtype, int64_t count, ck_isa level,
    ck_executor executor) CK_NOEXCEPT;

// output[i] = act(gate[i]) * up[i].
void ck_gate(
    ck_activation activation, void *_Nullable output, const void *_Nullable gate, const void *_Nullable up,
    ck_dtype dtype, int64_t count, ck_isa level, ck_executor executor) CK_NOEXCEPT;

// What ck_gate_backward reads and writes; all of one type and length.
typedef struct {
  void *_Nullable gate_gradient;     // upstream * up * act'(gate)
  void *_Nullable up_gradient;       // upstream * act(gate)
  const void *_Nullable upstream;
  const void *_Nullable gate;
  const void *_Nullable up;
  ck_dtype dtype;
} ck_gate_buffers;

void ck_gate_backward(
    ck_activation activation, const ck_gate_buffers *_Nonnull buffers, int64_t count, ck_isa level,
    ck_executor executor) CK_NOEXCEPT;

// The rows of a root-mean-square norm: y = x * r * g, r = 1 / sqrt(mean(x^2) + epsilon).
typedef struct {
  const void *_Nullable input;       // x [rows, width]
  const void *_Nullable scale;       // g [width]
  float *_Nullable reciprocals;      // r [rows]: written forward, read backward
  ck_dtype dtype;                    // of all but the reciprocals
  int64_t rows;
  int64_t width;
} ck_rms_norm_rows;

void ck_rms_norm(
    const ck_rms_norm_rows *_Nonnull rows, void *_Nullable output, float epsilon, ck_isa level,
    ck_executor executor) CK_NOEXCEPT;

// Rows whose share of the scale's gradient is summed together, so that sums do not depend on the threads.
#define CK_RMS_NORM_BLOCK 32

// input_gradient = r (u g - x r mean(u g x r)) with u the upstream gradient. partial_sums [ceil(rows /
// CK_RMS_NORM_BLOCK), width] receives for each block of rows the sum of u x r: the gradient of the scale is
// their sum.
void ck_rms_norm_backward(
    const ck_rms_norm_rows *_Nonnull rows, const void *_Nullable upstream, void *_Nullable input_gradient,
    float *_Nullable partial_sums, ck_isa level, ck_executor executor) CK_NOEXCEPT;

// Vectors [rows, heads, width] and angles [positions, width / 2]; row r has position r mod positions.
typedef struct {
  const void *_Nullable input;
  void *_Nullable output;            // may be the input
  ck_dtype dtype;
  const float *_Nullable cosines;
  const float *_Nullable sines;
  int64_t rows;
  int64_t heads;
  int64_t width;                     // even
  int64_t positions;
} ck_rotary_rows;

// Turns each pair (x[i], x[i + width / 2]) by its angle, or by the opposite one when `backward` is set.
void ck_rotate(
    const ck_rotary_rows *_Nonnull rows, bool backward, ck_isa level, ck_executor executor) CK_NOEXCEPT;

// Scores of causal attention: `matrices` of [rows, keys], one after another. Row r of each has the place
// first + r mod block among the keys and sees those at places place - window + 1 ... place.
typedef struct {
  void *_Nullable scores;
  ck_dtype dtype;
  int64_t matrices;
  int64_t rows;
  int64_t keys;
  int64_t block;
  int64_t first;
  int64_t window;                    // positive
  float scale;
} ck_attention_scores;

// scores = softmax(scale * scores) over the keys that each row sees, zero elsewhere.
void ck_attention_softmax(
    const ck_attention_scores *_Nonnull scores, ck_isa level, ck_executor executor) CK_NOEXCEPT;

// scores = scale * weights * (scores - sum_j(weights * scores)): the gradient of the scores in place of that
// of the weights. Zero where a key is not seen.
void ck_attention_softmax_backward(
    const ck_attention_scores *_Nonnull scores, const void *_Nullable weights, ck_isa level,
    ck_executor executor) CK_NOEXCEPT;

// losses[r] = log(sum_j exp(logits[r, j])) - logits[r, targets[r]]. With `scale` not zero the logits are
// replaced by scale * (softmax(logits[r]) - onehot(targets[r])). Targets must be in [0, classes).
typedef struct {
  void *_Nullable logits;            // [rows, classes]
  ck_dtype dtype;
  const int64_t *_Nullable targets;  // [rows]
  float *_Nullable losses;           // [rows]
  int64_t rows;
  int64_t classes;
} ck_cross_entropy_rows;

void ck_softmax_cross_entropy(
    const ck_cross_entropy_rows *_Nonnull rows, float scale, ck_isa level, ck_executor executor) CK_NOEXCEPT;

CK_END
#endif
