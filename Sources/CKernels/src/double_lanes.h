// Sums in f64 of registers of floats, for the level that includes this file.

using HalfFloats = float __attribute__((vector_size(2 * laneCount)));
using Doubles = double __attribute__((vector_size(4 * laneCount)));

// The upper or the lower half of a register as doubles.
template <int upper>
CK_INLINE Doubles widened(Floats lanes) {
  HalfFloats halves[2];
  std::memcpy(halves, &lanes, sizeof lanes);
  return __builtin_convertvector(halves[upper], Doubles);
}

// Adds the squares of sixteen floats to as many sums.
CK_INLINE void add_squares(Doubles *sums, const Floats *lanes) {
#pragma clang loop unroll(full)
  for (int64_t r = 0; r < partialCount / laneCount; r++) {
    const Doubles lower = widened<0>(lanes[r]);
    const Doubles upper = widened<1>(lanes[r]);
    sums[2 * r] += lower * lower;
    sums[2 * r + 1] += upper * upper;
  }
}
