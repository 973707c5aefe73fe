// The vector loops of the reductions, for the level that includes this file.

#include "double_lanes.h"

template <class Tag>
static double squares_lanes(const void *values, ck_dtype dtype, int64_t begin, int64_t end) noexcept {
  constexpr int64_t registers = partialCount / laneCount;
  const auto source = static_cast<const typename Tag::stored *>(values);
  Doubles sums[2 * registers] = {};
  int64_t i = begin;
  for (; i + partialCount <= end; i += partialCount) {
    Floats lanes[registers];
#pragma clang loop unroll(full)
    for (int64_t r = 0; r < registers; r++) lanes[r] = load(Tag{}, source + i + r * laneCount);
    add_squares(sums, lanes);
  }
  double partials[partialCount];
  std::memcpy(partials, sums, sizeof partials);
  ck::add_squares(values, dtype, partials, i, end);
  return joined(partials);
}

static double squares_range(const void *values, ck_dtype dtype, int64_t begin, int64_t end) noexcept {
  double sum = 0;
  with_tag(dtype, [&](auto tag) { sum = squares_lanes<decltype(tag)>(values, dtype, begin, end); });
  return sum;
}

template <class Destination, class Source>
static int64_t sum_slices_lanes(const SliceSum &s, int64_t begin, int64_t end) noexcept {
  using Element = typename Source::stored;
  const auto destination = static_cast<typename Destination::stored *>(s.destination);
  int64_t i = begin;
  for (; i + laneCount <= end; i += laneCount) {
    Floats sum = load(Source{}, static_cast<const Element *>(s.sources[0]) + i);
    for (int64_t source = 1; source < s.source_count; source++) {
      sum += load(Source{}, static_cast<const Element *>(s.sources[source]) + i);
    }
    store(Destination{}, destination + i, sum * s.scale);
  }
  return i;
}

static void sum_slices_range(const SliceSum &s, int64_t begin, int64_t end) noexcept {
  int64_t done = begin;
  with_tag(s.destination_dtype, [&](auto destination) {
    with_tag(s.source_dtype, [&](auto source) {
      done = sum_slices_lanes<decltype(destination), decltype(source)>(s, begin, end);
    });
  });
  sum_slices_reference(s, done, end);
}
