// What the loops over quantised groups share.
#ifndef CKERNELS_SRC_GROUPS_H
#define CKERNELS_SRC_GROUPS_H

#include "loops.h"
#include "scalar.h"

namespace ck {

// A sum of quantised elements, or plain elements where there are no sources.
struct GroupInput {
  const void *values;
  ck_dtype dtype;
  const ck_coded *sources;
  int64_t source_count;
  float factor;
};

struct GroupErrors {
  ck_coded error;
  float kept;  // beta
  float taken; // 1 - beta
};

struct GroupCode {
  float scale;
  float inverse;
};

// The numbers of a group whose largest magnitude has these bits.
inline GroupCode group_code(int32_t magnitude, int32_t bits) noexcept {
  if (magnitude >= 0x7F800000) return {std::bit_cast<float>(0x7FC00000), 0};
  const float largest = std::bit_cast<float>(magnitude);
  if (largest < 0x1p-100f) return {0, 0};
  const float levels = bits == 8 ? 127 : 7;
  return {largest / levels, levels / largest};
}

inline int32_t magnitude_bits(float value) noexcept {
  return static_cast<int32_t>(std::bit_cast<uint32_t>(value) & 0x7FFFFFFF);
}

// The nearest whole number, ties to even: adding 1.5 * 2^23 leaves it in the low bits of the fraction.
inline int32_t code_of(float value, float inverse) noexcept {
  return std::bit_cast<int32_t>(value * inverse + 12582912.0f) - 0x4B400000;
}

// Element `index` of a group of `count`, before it is multiplied by the scale.
inline float coded(const uint8_t *codes, int32_t bits, int64_t count, int64_t index) noexcept {
  if (bits == 8) return static_cast<float>(static_cast<int8_t>(codes[index]));
  const int64_t half = (count + 1) / 2;
  const uint8_t pair = index < half ? codes[index] : codes[index - half] >> 4;
  return static_cast<float>(static_cast<int8_t>(static_cast<uint8_t>(pair << 4)) >> 4);
}

inline int64_t code_bytes(int32_t bits, int64_t count) noexcept { return bits == 8 ? count : (count + 1) / 2; }

// Groups of `grouping`, one at a time.
struct GroupPlace {
  int64_t index;
  int64_t first;  // its first element
  int64_t count;  // its elements
};

inline GroupPlace group_place(ck_grouping grouping, int64_t count, int64_t index) noexcept {
  const int64_t first = index * grouping.length;
  return {index, first, std::min<int64_t>(grouping.length, count - first)};
}

inline ck_coded group_of(const ck_coded &coded, int32_t bits, GroupPlace place) noexcept {
  // All groups before this one are whole, of an even length.
  return {coded.codes + place.first * bits / 8, coded.scales + place.index};
}

}  // namespace ck
#endif
