// The vector loop of the rotary embedding, for the level that includes this file.
#include "wide.h"

static void rotate_range(const ck_rotary_rows &r, float sign, int64_t begin, int64_t end) noexcept {
  const int64_t half = r.width / 2;
  with_tag(r.dtype, [&](auto tag) {
    using Tag = decltype(tag);
    using Element = typename Tag::stored;
    for (int64_t row = begin; row < end; row++) {
      const float *cosines = r.cosines + row % r.positions * half;
      const float *sines = r.sines + row % r.positions * half;
      for (int64_t head = 0; head < r.heads; head++) {
        const int64_t offset = (row * r.heads + head) * r.width;
        const auto from = static_cast<const Element *>(r.input) + offset;
        const auto to = static_cast<Element *>(r.output) + offset;
        for (int64_t i = 0; i < half; i += wideCount) {
          const int64_t count = std::min(wideCount, half - i);
          if (count == wideCount) {
            const Wide x = load_wide(Tag{}, from + i);
            const Wide y = load_wide(Tag{}, from + half + i);
            const Wide c = load_wide(F32{}, cosines + i);
            const Wide s = load_wide(F32{}, sines + i) * sign;
            store_wide(Tag{}, to + i, x * c - y * s);
            store_wide(Tag{}, to + half + i, y * c + x * s);
          } else {
            const Wide x = load_some(Tag{}, r.dtype, from + i, count, 0);
            const Wide y = load_some(Tag{}, r.dtype, from + half + i, count, 0);
            const Wide c = load_some(F32{}, CK_F32, cosines + i, count, 0);
            const Wide s = load_some(F32{}, CK_F32, sines + i, count, 0) * sign;
            store_some(Tag{}, r.dtype, to + i, count, x * c - y * s);
            store_some(Tag{}, r.dtype, to + half + i, count, y * c + x * s);
          }
        }
      }
    }
  });
}
