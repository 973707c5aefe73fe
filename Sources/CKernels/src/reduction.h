// What the loops of the reductions share.
#ifndef CKERNELS_SRC_REDUCTION_H
#define CKERNELS_SRC_REDUCTION_H

#include "loops.h"
#include "scalar.h"

namespace ck {

// Partial sums that an element's position in its block selects, the same ones at every level.
constexpr int64_t partialCount = 16;

// The length of the blocks that a sum over `count` elements is made of: few enough for their sums to be kept
// on the stack, and a function of `count` alone, so that threads never change the order of the additions.
constexpr int64_t maximumBlockCount = 512;
int64_t block_length(int64_t count) noexcept;

// The partial sums of a block joined in one fixed order.
double joined(const double *partials) noexcept;

// Adds the squares of [begin, end) to the partials, where `begin` is a multiple of partialCount in its block.
void add_squares(const void *values, ck_dtype dtype, double *partials, int64_t begin, int64_t end) noexcept;

// The operands of a sum of slices.
struct SliceSum {
  void *destination;
  ck_dtype destination_dtype;
  const void *const *sources;
  int64_t source_count;
  ck_dtype source_dtype;
  float scale;
};

// The plain loop that defines the sum of slices, over the elements [begin, end).
void sum_slices_reference(const SliceSum &s, int64_t begin, int64_t end) noexcept;

}  // namespace ck
#endif
