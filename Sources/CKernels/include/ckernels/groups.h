// Symmetric quantisation of groups of elements to whole numbers of 8 or 4 bits, and sums of such numbers: what goes
// over the wire in place of weights and gradients (arXiv 2306.10209, sections 3.1 and 3.3; arXiv 2407.04480 for the
// error feedback).
#ifndef CKERNELS_GROUPS_H
#define CKERNELS_GROUPS_H

#include "base.h"

CK_BEGIN

// Elements of the largest group.
enum { ck_largest_group = 4096 };

// Groups of `length` consecutive elements, the last of which may be shorter. A group's scale is its largest magnitude
// divided by 127 or 7, and an element's code the nearest whole multiple of it, ties to even. A group whose largest
// magnitude is below 2^-100 counts as zero; one with an element that is not finite becomes NaN as a whole, so that
// an overflow is still seen by whoever receives it.
// With 8 bits a code is a byte. With 4 bits byte k of a group of n holds element k in its low and element
// k + (n + 1) / 2 in its high half, both in two's complement.
typedef struct {
  int32_t bits;    // 8 or 4
  int32_t length;  // even, at most ck_largest_group
} ck_grouping;

// Quantised elements: the bytes of the codes, and a scale for each group.
typedef struct {
  uint8_t *_Nullable codes;
  float *_Nullable scales;
} ck_coded;

// What quantisation lost so far and adds the next time (LoCo): 8-bit codes of groups of the same length. After a
// step it is beta * error + (1 - beta) * (value + error - quantised); of a group that is not finite, zero.
typedef struct {
  ck_coded error;
  double beta;
} ck_error_feedback;

// Bytes of the codes, and scales, of `count` elements.
int64_t ck_code_bytes(ck_grouping grouping, int64_t count) CK_NOEXCEPT;
int64_t ck_group_count(ck_grouping grouping, int64_t count) CK_NOEXCEPT;

// Quantises `count` elements; `feedback` may be null.
void ck_quantize_groups(
    ck_coded result, const void *_Nullable values, ck_dtype dtype, int64_t count, ck_grouping grouping,
    const ck_error_feedback *_Nullable feedback, ck_isa level, ck_executor executor) CK_NOEXCEPT;

// values[i] = factor * (sources[0][i] + sources[1][i] + ...), added in this order in f32 and rounded once.
// `source_count` of at least 1.
void ck_dequantize_groups(
    void *_Nullable values, ck_dtype dtype, const ck_coded *_Nonnull sources, int64_t source_count, int64_t count,
    ck_grouping grouping, double factor, ck_isa level, ck_executor executor) CK_NOEXCEPT;

// The same sum, quantised again without a rounding between. The result may not be one of the sources.
void ck_requantize_groups(
    ck_coded result, const ck_coded *_Nonnull sources, int64_t source_count, int64_t count, ck_grouping grouping,
    double factor, const ck_error_feedback *_Nullable feedback, ck_isa level, ck_executor executor) CK_NOEXCEPT;

// The plain loops that define the three.
void ck_quantize_groups_reference(
    ck_coded result, const void *_Nullable values, ck_dtype dtype, int64_t count, ck_grouping grouping,
    const ck_error_feedback *_Nullable feedback) CK_NOEXCEPT;
void ck_dequantize_groups_reference(
    void *_Nullable values, ck_dtype dtype, const ck_coded *_Nonnull sources, int64_t source_count, int64_t count,
    ck_grouping grouping, double factor) CK_NOEXCEPT;
void ck_requantize_groups_reference(
    ck_coded result, const ck_coded *_Nonnull sources, int64_t source_count, int64_t count, ck_grouping grouping,
    double factor, const ck_error_feedback *_Nullable feedback) CK_NOEXCEPT;

CK_END
#endif
