// The vector loops of the cross-entropy, for the level that includes this file.
#include "wide.h"

// One row: the largest logit, the sum of exponentials, then the gradient in place. The exponentials are
// computed twice rather than kept, since a row of them would not fit where the logits are.
template <class Tag>
static float cross_entropy_row(
    typename Tag::stored *row, ck_dtype dtype, int64_t classes, int64_t target, float scale) noexcept {
  constexpr float lowest = -__builtin_inff();
  const int64_t whole = classes / wideCount * wideCount;
  const int64_t rest = classes - whole;
  const auto last = [&] { return load_some(Tag{}, dtype, row + whole, rest, lowest); };
  Wide largest = filled(lowest);
  Wide poison = {};  // NaN as soon as any logit is: comparisons would pass over it
  for (int64_t i = 0; i < whole; i += wideCount) {
    const Wide x = load_wide(Tag{}, row + i);
    largest = larger(x, largest);
    poison = x == x ? poison : x;
  }
  if (rest > 0) {
    const Wide x = last();
    largest = larger(x, largest);
    poison = x == x ? poison : x;
  }
  float top = lowest;
  for (int64_t i = 0; i < wideCount; i++) top = largest[i] > top ? largest[i] : top;
  top += joined(poison);
  Wide sums = {};
  for (int64_t i = 0; i < whole; i += wideCount) sums += exponential(load_wide(Tag{}, row + i) - top);
  if (rest > 0) {
    const Wide x = last();
    sums += x == lowest ? Wide{} : exponential(x - top);
  }
  const float sum = joined(sums);
  const float loss = std::log(sum) + (top - ck::load(row, dtype, target));
  if (scale == 0) return loss;
  const float chosen = (std::exp(ck::load(row, dtype, target) - top) / sum - 1.0f) * scale;
  const float factor = scale / sum;
  for (int64_t i = 0; i < whole; i += wideCount) {
    store_wide(Tag{}, row + i, exponential(load_wide(Tag{}, row + i) - top) * factor);
  }
  if (rest > 0) store_some(Tag{}, dtype, row + whole, rest, exponential(last() - top) * factor);
  ck::store(row, dtype, target, chosen);
  return loss;
}

static void cross_entropy_range(
    const ck_cross_entropy_rows &c, float scale, int64_t begin, int64_t end) noexcept {
  with_tag(c.dtype, [&](auto tag) {
    using Tag = decltype(tag);
    const auto logits = static_cast<typename Tag::stored *>(c.logits);
    for (int64_t row = begin; row < end; row++) {
      c.losses[row] =
          cross_entropy_row<Tag>(logits + row * c.classes, c.dtype, c.classes, c.targets[row], scale);
    }
  });
}
