// The vector loops of the root-mean-square norm, for the level that includes this file.
#include "wide.h"

// Calls `body(index, load, store)` for each register of a row of `width` elements. `load(pointer)` reads the
// register's elements, zeros behind the row's end; `store(pointer, values)` writes those of the row.
template <class Tag, class Body>
CK_INLINE void over_row(ck_dtype dtype, int64_t width, Body body) {
  using Element = typename Tag::stored;
  int64_t i = 0;
  for (; i + wideCount <= width; i += wideCount) {
    body(
        i, [&](const Element *from) { return load_wide(Tag{}, from + i); },
        [&](Element *to, Wide values) { store_wide(Tag{}, to + i, values); });
  }
  if (i < width) {
    body(
        i, [&](const Element *from) { return load_some(Tag{}, dtype, from + i, width - i, 0); },
        [&](Element *to, Wide values) { store_some(Tag{}, dtype, to + i, width - i, values); });
  }
}

static void rms_norm_range(
    const ck_rms_norm_rows &n, void *output, float epsilon, int64_t begin, int64_t end) noexcept {
  with_tag(n.dtype, [&](auto tag) {
    using Tag = decltype(tag);
    using Element = typename Tag::stored;
    const auto scale = static_cast<const Element *>(n.scale);
    for (int64_t row = begin; row < end; row++) {
      const auto from = static_cast<const Element *>(n.input) + row * n.width;
      const auto to = static_cast<Element *>(output) + row * n.width;
      Wide squares = {};
      over_row<Tag>(n.dtype, n.width, [&](int64_t, auto load, auto) {
        const Wide x = load(from);
        squares += x * x;
      });
      const float reciprocal = 1.0f / std::sqrt(joined(squares) / static_cast<float>(n.width) + epsilon);
      n.reciprocals[row] = reciprocal;
      over_row<Tag>(n.dtype, n.width, [&](int64_t, auto load, auto store) {
        store(to, load(from) * reciprocal * load(scale));
      });
    }
  });
}

// The rows of one block from `first` on; `sums [width]` receives the block's share of the scale's gradient.
static void rms_norm_backward_block(
    const ck_rms_norm_rows &n, const void *upstream, void *input_gradient, float *sums,
    int64_t first) noexcept {
  const int64_t end = std::min(first + CK_RMS_NORM_BLOCK, n.rows);
  std::memset(sums, 0, static_cast<size_t>(n.width) * sizeof *sums);
  with_tag(n.dtype, [&](auto tag) {
    using Tag = decltype(tag);
    using Element = typename Tag::stored;
    const auto scale = static_cast<const Element *>(n.scale);
    for (int64_t row = first; row < end; row++) {
      const auto x = static_cast<const Element *>(n.input) + row * n.width;
      const auto u = static_cast<const Element *>(upstream) + row * n.width;
      const auto to = static_cast<Element *>(input_gradient) + row * n.width;
      const float reciprocal = n.reciprocals[row];
      Wide products = {};
      over_row<Tag>(n.dtype, n.width, [&](int64_t i, auto load, auto) {
        const Wide share = load(u) * (load(x) * reciprocal);
        products += share * load(scale);
        if (i + wideCount <= n.width) {
          store_wide(F32{}, sums + i, load_wide(F32{}, sums + i) + share);
        } else {
          const int64_t count = n.width - i;
          store_some(F32{}, CK_F32, sums + i, count, load_some(F32{}, CK_F32, sums + i, count, 0) + share);
        }
      });
      const float mean = joined(products) / static_cast<float>(n.width);
      over_row<Tag>(n.dtype, n.width, [&](int64_t, auto load, auto store) {
        store(to, reciprocal * (load(u) * load(scale) - load(x) * reciprocal * mean));
      });
    }
  });
}
