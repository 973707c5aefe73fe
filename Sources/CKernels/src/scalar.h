// Elements one at a time: the definition of every conversion, for the reference loops and the ends of
// buffers.
#ifndef CKERNELS_SCALAR_H
#define CKERNELS_SCALAR_H

#include "ckernels.h"

#include <bit>
#include <cmath>
#include <cstdint>

namespace ck {

inline float float_from_bfloat16(uint16_t bits) noexcept {
  return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
}

inline uint16_t bfloat16_from_float(float value) noexcept {
  if (value != value) return 0x7FC0;
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  return static_cast<uint16_t>((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
}

inline float float_from_float16(uint16_t half) noexcept {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000) << 16;
  const uint32_t exponent = (half >> 10) & 0x1F;
  const uint32_t fraction = half & 0x3FF;
  if (exponent == 0x1F) {
    const uint32_t quiet = fraction == 0 ? 0 : 0x400000;
    return std::bit_cast<float>(sign | 0x7F800000 | quiet | (fraction << 13));
  }
  if (exponent == 0) {
    const float magnitude = static_cast<float>(fraction) * 0x1p-24f;
    return std::bit_cast<float>(sign | std::bit_cast<uint32_t>(magnitude));
  }
  return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (fraction << 13));
}

inline uint16_t float16_from_float(float value) noexcept {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const auto sign = static_cast<uint16_t>((bits >> 16) & 0x8000);
  const uint32_t magnitude = bits & 0x7FFFFFFF;
  if (magnitude > 0x7F800000) {
    return static_cast<uint16_t>(sign | 0x7E00 | ((magnitude >> 13) & 0x3FF));
  }
  if (magnitude >= 0x477FF000) return sign | 0x7C00;  // at least halfway between 65504 and 65536
  if (magnitude < 0x38800000) {
    // Below the smallest normal half every result is a multiple of 2^-24, which is the last place of a float
    // near 0.5: this addition therefore rounds just where the half needs it.
    const float shifted = std::bit_cast<float>(magnitude) + 0.5f;
    return static_cast<uint16_t>(sign | (std::bit_cast<uint32_t>(shifted) - 0x3F000000));
  }
  const uint32_t rounded = magnitude + 0xFFF + ((magnitude >> 13) & 1);
  return static_cast<uint16_t>(sign | ((rounded >> 13) - 0x1C000));
}

inline float load(const void *values, ck_dtype dtype, int64_t index) noexcept {
  switch (dtype) {
    case CK_F16: return float_from_float16(static_cast<const uint16_t *>(values)[index]);
    case CK_BF16: return float_from_bfloat16(static_cast<const uint16_t *>(values)[index]);
    default: return static_cast<const float *>(values)[index];
  }
}

inline void store(void *values, ck_dtype dtype, int64_t index, float value) noexcept {
  switch (dtype) {
    case CK_F16: static_cast<uint16_t *>(values)[index] = float16_from_float(value); break;
    case CK_BF16: static_cast<uint16_t *>(values)[index] = bfloat16_from_float(value); break;
    default: static_cast<float *>(values)[index] = value;
  }
}

}  // namespace ck
#endif
