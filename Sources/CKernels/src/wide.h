// Sixteen floats at every level, and the functions of them that layers need, for the level that includes this
// file. Every operation is the same at every level, so that the bits are too; odd ends of rows are worked on
// in a padded register instead of one by one.

// Passing registers wider than the level's own between inlined functions has no ABI to differ from.
#pragma clang diagnostic ignored "-Wpsabi"

constexpr int64_t wideCount = 16;
using Wide = float __attribute__((vector_size(4 * wideCount)));
using WideWords = uint32_t __attribute__((vector_size(4 * wideCount)));
using WideTruth = int32_t __attribute__((vector_size(4 * wideCount)));

template <class Tag>
CK_INLINE Wide load_wide(Tag tag, const typename Tag::stored *from) {
  Floats parts[wideCount / laneCount];
#pragma clang loop unroll(full)
  for (int64_t r = 0; r < wideCount / laneCount; r++) parts[r] = load(tag, from + r * laneCount);
  return __builtin_bit_cast(Wide, parts);
}

template <class Tag>
CK_INLINE void store_wide(Tag tag, typename Tag::stored *to, Wide values) {
  Floats parts[wideCount / laneCount];
  std::memcpy(parts, &values, sizeof values);
#pragma clang loop unroll(full)
  for (int64_t r = 0; r < wideCount / laneCount; r++) store(tag, to + r * laneCount, parts[r]);
}

// The first `count` elements, the others `padding`.
template <class Tag>
CK_INLINE Wide load_some(
    Tag, ck_dtype dtype, const typename Tag::stored *from, int64_t count, float padding) {
  float values[wideCount];
  for (int64_t i = 0; i < wideCount; i++) values[i] = i < count ? ck::load(from, dtype, i) : padding;
  return __builtin_bit_cast(Wide, values);
}

template <class Tag>
CK_INLINE void store_some(Tag, ck_dtype dtype, typename Tag::stored *to, int64_t count, Wide values) {
  float parts[wideCount];
  std::memcpy(parts, &values, sizeof values);
  for (int64_t i = 0; i < count; i++) ck::store(to, dtype, i, parts[i]);
}

// True in the first `count` places.
CK_INLINE WideTruth first_places(int64_t count) {
  constexpr WideTruth places = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  return places < static_cast<int32_t>(count);
}

CK_INLINE Wide filled(float value) { return Wide{} + value; }

// a * b + c with one rounding.
CK_INLINE Wide fused(Wide a, Wide b, Wide c) { return __builtin_elementwise_fma(a, b, c); }

CK_INLINE Wide larger(Wide a, Wide b) { return a > b ? a : b; }

// Pairs first, then pairs of pairs: the order of a tree.
CK_INLINE float joined(Wide values) {
  float parts[wideCount];
  std::memcpy(parts, &values, sizeof values);
  for (int64_t step = wideCount / 2; step > 0; step /= 2) {
    for (int64_t i = 0; i < step; i++) parts[i] += parts[i + step];
  }
  return parts[0];
}

// exp(x) within 2 units in the last place: x = n ln 2 + r, a polynomial of degree 7 in r, and n added to the
// exponent. Below -87.3 the result is a value of about 1e-38 or less, above 88 it stays at exp(88); NaN stays
// NaN.
CK_INLINE Wide exponential(Wide x) {
  x = x < -87.3f ? filled(-87.3f) : x;
  x = x > 88.0f ? filled(88.0f) : x;
  // Adding 1.5 * 2^23 rounds to a whole number in the low bits of the fraction.
  const Wide shifted = fused(x, filled(1.44269504f), filled(12582912.0f));
  const Wide whole = shifted - 12582912.0f;
  const Wide r = fused(whole, filled(2.12194440e-4f), fused(whole, filled(-0.693359375f), x));
  Wide sum = filled(1.0f / 5040);
  sum = fused(sum, r, filled(1.0f / 720));
  sum = fused(sum, r, filled(1.0f / 120));
  sum = fused(sum, r, filled(1.0f / 24));
  sum = fused(sum, r, filled(1.0f / 6));
  sum = fused(sum, r, filled(0.5f));
  sum = fused(sum, r, filled(1.0f));
  sum = fused(sum, r, filled(1.0f));
  const WideWords exponent = (__builtin_bit_cast(WideWords, shifted) + (127u - 0x4B400000u)) << 23;
  return sum * __builtin_bit_cast(Wide, exponent);
}

CK_INLINE Wide sigmoid(Wide x) { return 1.0f / (1.0f + exponential(-x)); }
