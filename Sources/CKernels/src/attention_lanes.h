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

// Calls `whole(i)` for each register of [begin, end) and `rest(i, count)` for what is left.
template <class Whole, class Rest>
CK_INLINE void over_keys(SeenKeys seen, Whole whole, Rest rest) {
  int64_t i = seen.begin;
  for (; i + wideCount <= seen.end; i += wideCount) whole(i);
  if (i < seen.end) rest(i, seen.end - i);
}

template <class Tag>
static void attention_row(
    typename Tag::stored *row, ck_dtype dtype, SeenKeys seen, float scale) noexcept {
  constexpr float lowest = -__builtin_inff();
  Wide largest = filled(lowest);
  over_keys(
      seen, [&](int64_t i) { largest = larger(load_wide(Tag{}, row + i) * scale, largest); },
      [&](int64_t i, int64_t count) {
        const Wide x = load_some(Tag{}, dtype, row + i, count, 0) * scale;
        float parts[wideCount];
        std::memcpy(parts, &x, sizeof x);
        for (int64_t k = count; k < wideCount; k++) parts[k] = lowest;
        largest = larger(__builtin_bit_cast(Wide, parts), largest);
      });
  float top = lowest;
  for (int64_t i = 0; i < wideCount; i++) top = largest[i] > top ? largest[i] : top;
  float sum = 0;
  Wide sums = {};
  over_keys(
      seen, [&](int64_t i) { sums += exponential(load_wide(Tag{}, row + i) * scale - top); },
      [&](int64_t i, int64_t count) {
        const Wide e = exponential(load_some(Tag{}, dtype, row + i, count, 0) * scale - top);
        for (int64_t k = 0; k < count; k++) sum += e[k];
      });
  const float factor = 1.0f / (joined(sums) + sum);
  over_keys(
      seen,
      [&](int64_t i) {
        store_wide(Tag{}, row + i, exponential(load_wide(Tag{}, row + i) * scale - top) * factor);
      },
      [&](int64_t i, int64_t count) {
        const Wide x = load_some(Tag{}, dtype, row + i, count, 0);
        store_some(Tag{}, dtype, row + i, count, exponential(x * scale - top) * factor);
      });
}

template <class Tag>
static void attention_backward_row(
    typename Tag::stored *row, const typename Tag::stored *weights, ck_dtype dtype, SeenKeys seen,
    float scale) noexcept {
  Wide products = {};
  over_keys(
      seen, [&](int64_t i) { products += load_wide(Tag{}, row + i) * load_wide(Tag{}, weights + i); },
      [&](int64_t i, int64_t count) {
        products += load_some(Tag{}, dtype, row + i, count, 0) * load_some(Tag{}, dtype, weights + i, count, 0);
      });
  const float mean = joined(products);
  over_keys(
      seen,
      [&](int64_t i) {
        const Wide w = load_wide(Tag{}, weights + i);
        store_wide(Tag{}, row + i, w * (load_wide(Tag{}, row + i) - mean) * scale);
      },
      [&](int64_t i, int64_t count) {
        const Wide w = load_some(Tag{}, dtype, weights + i, count, 0);
        store_some(Tag{}, dtype, row + i, count, w * (load_some(Tag{}, dtype, row + i, count, 0) - mean) * scale);
      });
}

static void attention_range(const ck_attention_scores &a, int64_t begin, int64_t end) noexcept {
  with_tag(a.dtype, [&](auto tag) {
    using Tag = decltype(tag);
    for (int64_t r = begin; r < end; r++) {
      const auto row = static_cast<typename Tag::stored *>(a.scores) + r * a.keys;
      const SeenKeys seen = seen_keys(a, r);
      attention_row<Tag>(row, a.dtype, seen, a.scale);
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
      attention_backward_row<Tag>(row, static_cast<const Element *>(weights) + r * a.keys, a.dtype, seen, a.scale);
      clear(row, seen, a.keys);
    }
  });
}
