// Sums: the plain loops first, then the dispatch to the vector loops of reduction_lanes.h.
#pragma clang fp contract(off)

#define CK_BODY "reduction_lanes.h"
#include "reduction.h"
#include "each_level.h"

namespace ck {

int64_t block_length(int64_t count) noexcept {
  constexpr int64_t least = 16384;
  const int64_t even = (count + maximumBlockCount - 1) / maximumBlockCount;
  return std::max(least, (even + partialCount - 1) / partialCount * partialCount);
}

double joined(const double *partials) noexcept {
  double sums[partialCount];
  std::memcpy(sums, partials, sizeof sums);
  for (int64_t width = partialCount / 2; width > 0; width /= 2) {
    for (int64_t lane = 0; lane < width; lane++) sums[lane] += sums[lane + width];
  }
  return sums[0];
}

void add_squares(const void *values, ck_dtype dtype, double *partials, int64_t begin, int64_t end) noexcept {
  for (int64_t i = begin; i < end; i++) {
    const double value = load(values, dtype, i);
    partials[(i - begin) % partialCount] += value * value;
  }
}

namespace {

using BlockSum = double (*)(const void *values, ck_dtype dtype, int64_t begin, int64_t end) noexcept;

double squares_reference(const void *values, ck_dtype dtype, int64_t begin, int64_t end) noexcept {
  double partials[partialCount] = {};
  add_squares(values, dtype, partials, begin, end);
  return joined(partials);
}

// The first element of [begin, end) that is not finite.
int64_t first_nonfinite(const void *values, ck_dtype dtype, int64_t begin, int64_t end) noexcept {
  for (int64_t i = begin; i < end; i++) {
    if (!std::isfinite(load(values, dtype, i))) return i;
  }
  return -1;
}

ck_squares sum_of_squares(
    const void *values, ck_dtype dtype, int64_t count, BlockSum block_sum, ck_executor executor) noexcept {
  const int64_t length = block_length(count);
  const int64_t blocks = (count + length - 1) / length;
  double sums[maximumBlockCount];
  const auto sum_blocks = [&](int64_t first, int64_t last) {
    for (int64_t block = first; block < last; block++) {
      sums[block] = block_sum(values, dtype, block * length, std::min(count, (block + 1) * length));
    }
  };
  if (executor.run == nullptr || blocks < 3) {
    sum_blocks(0, blocks);
  } else {
    executor.run(
        executor.context, 0, blocks, 2,
        [](void *argument, int64_t first, int64_t last) {
          (*static_cast<decltype(sum_blocks) *>(argument))(first, last);
        },
        const_cast<void *>(static_cast<const void *>(&sum_blocks)));
  }
  ck_squares found{0, -1};
  for (int64_t block = 0; block < blocks; block++) {
    found.sum_of_squares += sums[block];
    if (found.first_nonfinite < 0 && !std::isfinite(sums[block])) {
      found.first_nonfinite =
          first_nonfinite(values, dtype, block * length, std::min(count, (block + 1) * length));
    }
  }
  return found;
}

}  // namespace

void sum_slices_reference(const SliceSum &s, int64_t begin, int64_t end) noexcept {
  for (int64_t i = begin; i < end; i++) {
    float sum = load(s.sources[0], s.source_dtype, i);
    for (int64_t source = 1; source < s.source_count; source++) {
      sum += load(s.sources[source], s.source_dtype, i);
    }
    store(s.destination, s.destination_dtype, i, sum * s.scale);
  }
}

}  // namespace ck

extern "C" ck_squares ck_sum_of_squares_reference(
    const void *values, ck_dtype dtype, int64_t count) noexcept {
  return ck::sum_of_squares(values, dtype, count, &ck::squares_reference, ck_serial());
}

extern "C" ck_squares ck_sum_of_squares(
    const void *values, ck_dtype dtype, int64_t count, ck_isa level, ck_executor executor) noexcept {
  return ck::sum_of_squares(values, dtype, count, CK_SELECT(level, squares_range), executor);
}

extern "C" void ck_sum_slices_reference(
    void *destination, ck_dtype destination_dtype, const void *const *sources, int64_t source_count,
    ck_dtype source_dtype, int64_t count, double scale) noexcept {
  ck::sum_slices_reference(
      {destination, destination_dtype, sources, source_count, source_dtype, static_cast<float>(scale)}, 0,
      count);
}

extern "C" void ck_sum_slices(
    void *destination, ck_dtype destination_dtype, const void *const *sources, int64_t source_count,
    ck_dtype source_dtype, int64_t count, double scale, ck_isa level, ck_executor executor) noexcept {
  const ck::SliceSum sum{
      destination, destination_dtype, sources, source_count, source_dtype, static_cast<float>(scale)};
  const auto range = CK_SELECT(level, sum_slices_range);
  ck::for_ranges(executor, count, [&](int64_t begin, int64_t end) { range(sum, begin, end); });
}
