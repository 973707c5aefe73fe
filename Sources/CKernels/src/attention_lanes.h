// The vector loops of attention scores, for the level that includes this file.
#include "wide.h"

// The keys that one row sees: [begin, end).
struct SeenKeys {
  int64_t begin;
  int64_t end;
};

CK_INLINE SeenKeys seen_keys(const ck_attention_scores &a, int64_t row) {
  const int64_t place = a.first + row % a.rows % a.block;
  const int64_t end = std::min(place + 1, a.keys);
  return {std::min(std::max<int64_t>(0, place + 1 - a.window), end), end};
}

template <class Element>
CK_INLINE void clear(Element *row, SeenKeys seen, int64_t keys) {
  std::memset(row, 0, static_cast<size_t>(seen.begin) * sizeof *row);
  std::memset(row + seen.end, 0, static_cast<size_t>(keys - seen.end) * sizeof *row);
}

// The register at `i` of a row of `keys` elements, of which those before `end` are seen; `padding` stands for
// the others. Reads beyond `end` stay within the row where they can, since one by one they take longer.
template <class Tag>
CK_INLINE Wide load_seen(
    Tag tag, ck_dtype dtype, const typename Tag::stored *row, int64_t i, int64_t end, int64_t keys,
    float padding) {
  if (i + wideCount <= end) return load_wide(tag, row + i);
  if (i + wideCount > keys) return load_some(tag, dtype, row + i, end - i, padding);
  return first_places(end - i) ? load_wide(tag, row + i) : filled(padding);
}

// Writes the register at `i`; what is not seen becomes zero as far as the register reaches.
template <class Tag>
CK_INLINE void store_seen(
    Tag tag, ck_dtype dtype, typename Tag::stored *row, int64_t i, int64_t end, int64_t keys, Wide values) {
  if (i + wideCount <= end) {
    store_wide(tag, row + i, values);
  } else if (i + wideCount > keys) {
    store_some(tag, dtype, row + i, end - i, values);
  } else {
    store_wide(tag, row + i, first_places(end - i) ? values : Wide{});
  }
}

// Rows up to this length keep their exponentials at hand instead of computing them twice.
constexpr int64_t keptCount = 4096;

template <class Tag>
static void attention_row(
    typename Tag::stored *row, ck_dtype dtype, SeenKeys seen, int64_t keys, float scale) noexcept {
  constexpr float lowest = -__builtin_inff();
  const auto scaled = [&](int64_t i) {
    return load_seen(Tag{}, dtype, row, i, seen.end, keys, lowest) * scale;
  };
  Wide largest = filled(lowest);
  for (int64_t i = seen.begin; i < seen.end; i += wideCount) largest = larger(scaled(i), largest);
  float top = lowest;
  for (int64_t i = 0; i < wideCount; i++) top = largest[i] > top ? largest[i] : top;
  const auto power = [&](int64_t i) {
    const Wide x = scaled(i);
    return x == lowest ? Wide{} : exponential(x - top);
  };
  Wide kept[keptCount / wideCount];
  const bool isKept = seen.end - seen.begin <= keptCount;
  Wide sums = {};
  for (int64_t i = seen.begin, k = 0; i < seen.end; i += wideCount, k++) {
    const Wide e = power(i);
    if (isKept) kept[k] = e;
    sums += e;
  }
  const float factor = 1.0f / joined(sums);
  for (int64_t i = seen.begin, k = 0; i < seen.end; i += wideCount, k++) {
    store_seen(Tag{}, dtype, row, i, seen.end, keys, (isKept ? kept[k] : power(i)) * factor);
  }
}

template <class Tag>
static void attention_backward_row(
    typename Tag::stored *row, const typename Tag::stored *weights, ck_dtype dtype, SeenKeys seen,
    int64_t keys, float scale) noexcept {
  Wide products = {};
  for (int64_t i = seen.begin; i < seen.end; i += wideCount) {
    products += load_seen(Tag{}, dtype, row, i, seen.end, keys, 0) *
                load_seen(Tag{}, dtype, weights, i, seen.end, keys, 0);
  }
  const float mean = joined(products);
  for (int64_t i = seen.begin; i < seen.end; i += wideCount) {
    const Wide w = load_seen(Tag{}, dtype, weights, i, seen.end, keys, 0);
    const Wide u = load_seen(Tag{}, dtype, row, i, seen.end, keys, 0);
    store_seen(Tag{}, dtype, row, i, seen.end, keys, w * (u - mean) * scale);
  }
}

static void attention_range(const ck_attention_scores &a, int64_t begin, int64_t end) noexcept {
  with_tag(a.dtype, [&](auto tag) {
    using Tag = decltype(tag);
    for (int64_t r = begin; r < end; r++) {
      const auto row = static_cast<typename Tag::stored *>(a.scores) + r * a.keys;
      const SeenKeys seen = seen_keys(a, r);
      attention_row<Tag>(row, a.dtype, seen, a.keys, a.scale);
      clear(row, seen, a.keys);
    }
  });
}

static void attention_backward_range(
    const ck_attention_scores &a, const void *weights, int64_t begin, int64_t end) noexcept {
  with_tag(a.dtype, [&](auto tag) {
    using Tag = decltype(tag);
    using Element = typename Tag::stored;
    for (int64_t r = begin; r < end; r++) {
      const auto row = static_cast<Element *>(a.scores) + r * a.keys;
      const SeenKeys seen = seen_keys(a, r);
      attention_backward_row<Tag>(
          row, static_cast<const Element *>(weights) + r * a.keys, a.dtype, seen, a.keys, a.scale);
      clear(row, seen, a.keys);
    }
  });
}
