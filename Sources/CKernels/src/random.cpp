// Random numbers by position: the plain loops first, then the dispatch to random_lanes.h.
#pragma clang fp contract(off)

#define CK_BODY "random_lanes.h"
#include "random.h"
#include "each_level.h"

#include <array>
#include <cmath>

namespace ck {
namespace {

std::array<uint32_t, 4> philox_words(uint64_t counter, uint64_t key) noexcept {
  std::array<uint32_t, 4> x = {static_cast<uint32_t>(counter), static_cast<uint32_t>(counter >> 32), 0, 0};
  auto k0 = static_cast<uint32_t>(key);
  auto k1 = static_cast<uint32_t>(key >> 32);
  for (int round = 0; round < philox::rounds; round++) {
    const uint64_t p0 = uint64_t{x[0]} * philox::multiplier0;
    const uint64_t p1 = uint64_t{x[2]} * philox::multiplier1;
    x = {static_cast<uint32_t>(p1 >> 32) ^ x[1] ^ k0, static_cast<uint32_t>(p1),
         static_cast<uint32_t>(p0 >> 32) ^ x[3] ^ k1, static_cast<uint32_t>(p0)};
    k0 += philox::step0;
    k1 += philox::step1;
  }
  return x;
}

template <int count>
float polynomial(const float (&terms)[count], float x) noexcept {
  float sum = terms[0];
  for (int i = 1; i < count; i++) sum = sum * x + terms[i];
  return sum;
}

float normal_radius(uint32_t word) noexcept {
  const float u = static_cast<float>(static_cast<int32_t>(word >> 1 | 1)) * 0x1p-31f;
  const uint32_t bits = std::bit_cast<uint32_t>(u) + (0x3F800000 - rootOfHalf);
  const auto e = static_cast<float>(static_cast<int32_t>(bits >> 23) - 127);
  const float x = std::bit_cast<float>((bits & 0x7FFFFF) + rootOfHalf) - 1.0f;
  const float square = x * x;
  const float tail = polynomial(logarithmTerms, x) * x * square + e * lnTwoLow - 0.5f * square;
  return std::sqrt((x + tail + e * lnTwoHigh) * -2.0f);
}

float with_sign(float x, uint32_t sign) noexcept {
  return std::bit_cast<float>(std::bit_cast<uint32_t>(x) ^ (sign & 0x80000000u));
}

std::array<float, 2> normal_pair(uint32_t first, uint32_t second) noexcept {
  const float radius = normal_radius(first);
  const uint32_t quarter = (second + 0x20000000u) >> 30;
  const float x = static_cast<float>(static_cast<int32_t>(second - (quarter << 30))) * radiansOfWord;
  const float square = x * x;
  const float sine = polynomial(sineTerms, square) * square * x + x;
  const float cosine = polynomial(cosineTerms, square) * square * square - 0.5f * square + 1.0f;
  const bool isOdd = (quarter & 1) != 0;
  return {radius * with_sign(isOdd ? sine : cosine, (quarter + 1) << 30),
          radius * with_sign(isOdd ? cosine : sine, quarter << 30)};
}

float element(const RandomLaw &law, uint64_t key, int64_t position) noexcept {
  const int64_t place = position % randomGroup;
  const int64_t counter = position / randomGroup * randomLanes + place % randomLanes;
  const auto words = philox_words(static_cast<uint64_t>(counter), key);
  const int64_t word = place / randomLanes;
  if (law.isNormal) {
    return normal_pair(words[word & ~1], words[word | 1])[word & 1] * law.first;
  }
  return static_cast<float>(static_cast<int32_t>(words[word] >> 8)) * 0x1p-24f * law.second + law.first;
}

void fill_reference(const ck_random_run &run, const RandomLaw &law) noexcept {
  for (int64_t i = 0; i < run.count; i++) {
    store(run.values, run.dtype, i, element(law, run.key, run.first + i));
  }
}

void fill(const ck_random_run &run, const RandomLaw &law, ck_isa level, ck_executor executor) noexcept {
  const auto range = CK_SELECT(level, random_range);
  for_ranges(executor, run.count, [&](int64_t begin, int64_t end) { range(run, law, begin, end); });
}

RandomLaw normal(double deviation) noexcept { return {true, static_cast<float>(deviation), 0}; }

RandomLaw uniform(double low, double high) noexcept {
  return {false, static_cast<float>(low), static_cast<float>(high - low)};
}

}  // namespace
}  // namespace ck

extern "C" void ck_fill_normal_reference(const ck_random_run *run, double deviation) noexcept {
  ck::fill_reference(*run, ck::normal(deviation));
}

extern "C" void ck_fill_uniform_reference(const ck_random_run *run, double low, double high) noexcept {
  ck::fill_reference(*run, ck::uniform(low, high));
}

extern "C" void ck_fill_normal(
    const ck_random_run *run, double deviation, ck_isa level, ck_executor executor) noexcept {
  ck::fill(*run, ck::normal(deviation), level, executor);
}

extern "C" void ck_fill_uniform(
    const ck_random_run *run, double low, double high, ck_isa level, ck_executor executor) noexcept {
  ck::fill(*run, ck::uniform(low, high), level, executor);
}
