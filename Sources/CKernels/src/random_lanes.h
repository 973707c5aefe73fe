// The vector loops of random numbers, for the level that includes this file.
#include "wide.h"

using WideSigned = int32_t __attribute__((vector_size(4 * randomLanes)));
using Longs = uint64_t __attribute__((vector_size(4 * randomLanes)));

// The four words of one counter in each lane: 64-bit lanes, of which the low halves count.
struct Words4 {
  Longs x[4];
};

CK_INLINE Longs low_half(Longs x) { return x & 0xFFFFFFFFu; }

CK_INLINE Words4 philox_lanes(Longs counter, uint64_t key) {
  Words4 w = {{counter, counter >> 32, Longs{}, Longs{}}};
  auto k0 = static_cast<uint32_t>(key);
  auto k1 = static_cast<uint32_t>(key >> 32);
#pragma clang loop unroll(full)
  for (int round = 0; round < philox::rounds; round++) {
    const Longs p0 = low_half(w.x[0]) * philox::multiplier0;
    const Longs p1 = low_half(w.x[2]) * philox::multiplier1;
    w = {{(p1 >> 32) ^ w.x[1] ^ k0, p1, (p0 >> 32) ^ w.x[3] ^ k1, p0}};
    k0 += philox::step0;
    k1 += philox::step1;
  }
  return w;
}

// The words of the sixteen counters from `counter` on, lane by lane.
CK_INLINE void philox_group(uint64_t counter, uint64_t key, WideWords words[4]) {
  constexpr Longs evens = {0, 2, 4, 6, 8, 10, 12, 14};
  const Words4 even = philox_lanes(evens + counter, key);
  const Words4 odd = philox_lanes(evens + (counter + 1), key);
#pragma clang loop unroll(full)
  for (int i = 0; i < 4; i++) {
    words[i] = __builtin_bit_cast(WideWords, low_half(even.x[i]) | odd.x[i] << 32);
  }
}

template <int count>
CK_INLINE Wide polynomial(const float (&terms)[count], Wide x) {
  Wide sum = filled(terms[0]);
#pragma clang loop unroll(full)
  for (int i = 1; i < count; i++) sum = sum * x + terms[i];
  return sum;
}

// sqrt(-2 ln u) for u an odd multiple of 2^-31 in (0, 1].
CK_INLINE Wide normal_radius(WideWords word) {
  const Wide u = __builtin_convertvector(__builtin_bit_cast(WideSigned, word >> 1 | 1), Wide) * 0x1p-31f;
  const WideWords bits = __builtin_bit_cast(WideWords, u) + (0x3F800000 - rootOfHalf);
  const Wide e = __builtin_convertvector(__builtin_bit_cast(WideSigned, bits >> 23) - 127, Wide);
  const Wide x = __builtin_bit_cast(Wide, (bits & 0x7FFFFF) + rootOfHalf) - 1.0f;
  const Wide square = x * x;
  const Wide tail = polynomial(logarithmTerms, x) * x * square + e * lnTwoLow - 0.5f * square;
  return __builtin_elementwise_sqrt((x + tail + e * lnTwoHigh) * -2.0f);
}

CK_INLINE Wide with_sign(Wide x, WideWords sign) {
  return __builtin_bit_cast(Wide, __builtin_bit_cast(WideWords, x) ^ (sign & 0x80000000u));
}

// Two normal numbers from two words: a radius, and an angle of word / 2^32 turns.
CK_INLINE void normal_pair(WideWords words[2], Wide values[2]) {
  const Wide radius = normal_radius(words[0]);
  const WideWords quarter = (words[1] + 0x20000000u) >> 30;
  const auto part = __builtin_bit_cast(WideSigned, words[1] - (quarter << 30));
  const Wide x = __builtin_convertvector(part, Wide) * radiansOfWord;
  const Wide square = x * x;
  const Wide sine = polynomial(sineTerms, square) * square * x + x;
  const Wide cosine = polynomial(cosineTerms, square) * square * square - 0.5f * square + 1.0f;
  const WideTruth isOdd = (quarter & 1) != 0;
  values[0] = radius * with_sign(isOdd ? sine : cosine, (quarter + 1) << 30);
  values[1] = radius * with_sign(isOdd ? cosine : sine, quarter << 30);
}

CK_INLINE void random_group(RandomLaw law, uint64_t key, int64_t group, Wide values[4]) {
  WideWords words[4];
  philox_group(static_cast<uint64_t>(group) * randomLanes, key, words);
  if (law.isNormal) {
    normal_pair(words, values);
    normal_pair(words + 2, values + 2);
#pragma clang loop unroll(full)
    for (int i = 0; i < 4; i++) values[i] = values[i] * law.first;
  } else {
#pragma clang loop unroll(full)
    for (int i = 0; i < 4; i++) {
      const Wide whole = __builtin_convertvector(__builtin_bit_cast(WideSigned, words[i] >> 8), Wide);
      values[i] = whole * 0x1p-24f * law.second + law.first;
    }
  }
}

static void random_range(const ck_random_run &run, RandomLaw law, int64_t begin, int64_t end) noexcept {
  with_tag(run.dtype, [&](auto tag) {
    using Tag = decltype(tag);
    const auto to = static_cast<typename Tag::stored *>(run.values);
    for (int64_t i = begin; i < end;) {
      const int64_t group = (run.first + i) / randomGroup;
      const int64_t place = (run.first + i) % randomGroup;
      const int64_t count = std::min(end - i, randomGroup - place);
      Wide values[4];
      random_group(law, run.key, group, values);
      if (count == randomGroup) {
#pragma clang loop unroll(full)
        for (int k = 0; k < 4; k++) store_wide(Tag{}, to + i + k * randomLanes, values[k]);
      } else {
        float parts[randomGroup];
        std::memcpy(parts, values, sizeof parts);
        for (int64_t k = 0; k < count; k++) ck::store(to, run.dtype, i + k, parts[place + k]);
      }
      i += count;
    }
  });
}
