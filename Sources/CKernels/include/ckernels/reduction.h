// Sums over flat buffers.
#ifndef CKERNELS_REDUCTION_H
#define CKERNELS_REDUCTION_H

#include "base.h"

CK_BEGIN

// What one pass over a buffer found.
typedef struct {
  double sum_of_squares;    // not finite exactly when an element was not
  int64_t first_nonfinite;  // the index of the first infinite or NaN element; -1: all are finite
} ck_squares;

// The sum of the squares of `count` elements, accumulated in f64, and the first element that is not finite.
// Finite elements of these types cannot overflow the sum. Element i of a block is added to lane i mod 16;
// blocks depend on `count` alone and are added in order: the same bits at every level and thread count.
ck_squares ck_sum_of_squares(
    const void *_Nullable values, ck_dtype dtype, int64_t count, ck_isa level,
    ck_executor executor) CK_NOEXCEPT;

// The same sum by the plain loop that defines it.
ck_squares ck_sum_of_squares_reference(
    const void *_Nullable values, ck_dtype dtype, int64_t count) CK_NOEXCEPT;

// destination[i] = scale * (sources[0][i] + sources[1][i] + ...), added in this order in f32 and rounded once
// to the destination's type: the local sum of a reduce-scatter. `source_count` of at least 1. The destination
// may be one of the sources when the types are equal.
void ck_sum_slices(
    void *_Nullable destination, ck_dtype destination_dtype, const void *_Nullable const *_Nonnull sources,
    int64_t source_count, ck_dtype source_dtype, int64_t count, double scale, ck_isa level,
    ck_executor executor) CK_NOEXCEPT;

// The same sum by the plain loop that defines it.
void ck_sum_slices_reference(
    void *_Nullable destination, ck_dtype destination_dtype, const void *_Nullable const *_Nonnull sources,
    int64_t source_count, ck_dtype source_dtype, int64_t count, double scale) CK_NOEXCEPT;

CK_END
#endif
