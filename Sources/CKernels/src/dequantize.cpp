#include "ckernels/formats.h"

#include "ckernels/cpu.h"
#include "ckernels/elementwise.h"

#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// The reference multiplies, rounds, adds and rounds; a fused multiply-add would differ in the last bit.
#pragma clang fp contract(off)

namespace {

constexpr size_t block_elements = ck_block_elements;

float half_to_float(uint16_t half) {
  uint32_t sign = static_cast<uint32_t>(half & 0x8000u) << 16;
  uint32_t exponent = (half >> 10) & 0x1Fu, mantissa = half & 0x3FFu, bits;
  if (exponent == 0x1F) {
    bits = sign | 0x7F800000u | (mantissa << 13);
  } else if (exponent != 0) {
    bits = sign | ((exponent + 112) << 23) | (mantissa << 13);
  } else {
    // Subnormal: mantissa * 2^-24 is exact in f32.
    float value = static_cast<float>(mantissa) * 5.9604644775390625e-8f;
    std::memcpy(&bits, &value, 4);
    bits |= sign;
  }
  float value;
  std::memcpy(&value, &bits, 4);
  return value;
}

float half_at(const uint8_t *bytes) {
  uint16_t half;
  std::memcpy(&half, bytes, 2);
  return half_to_float(half);
}

void scalar_block(ck_block_format format, const uint8_t *block, float *values) {
  float scale = half_at(block);
  if (format == CK_Q8_0) {
    for (size_t i = 0; i < block_elements; ++i)
      values[i] = static_cast<float>(static_cast<int8_t>(block[2 + i])) * scale;
    return;
  }
  bool has_minimum = format == CK_Q4_1;
  float minimum = has_minimum ? half_at(block + 2) : 0;
  const uint8_t *nibbles = block + (has_minimum ? 4 : 2);
  for (size_t i = 0; i < block_elements; ++i) {
    int nibble = i < 16 ? nibbles[i] & 0xF : nibbles[i - 16] >> 4;
    if (has_minimum) {
      float product = static_cast<float>(nibble) * scale;
      values[i] = product + minimum;
    } else {
      values[i] = static_cast<float>(nibble - 8) * scale;
    }
  }
}

#if defined(__x86_64__)

__attribute__((target("avx2")))
inline void store_scaled(__m128i bytes, __m256 scale, __m256 minimum, bool add, float *values) {
  for (int half = 0; half < 2; ++half) {
    __m256 product = _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(bytes)), scale);
    if (add) product = _mm256_add_ps(product, minimum);
    _mm256_storeu_ps(values + 8 * half, product);
    bytes = _mm_srli_si128(bytes, 8);
  }
}

__attribute__((target("avx2")))
void vector_block(ck_block_format format, const uint8_t *block, float *values) {
  __m256 scale = _mm256_set1_ps(half_at(block));
  if (format == CK_Q8_0) {
    for (size_t i = 0; i < block_elements; i += 16)
      store_scaled(_mm_loadu_si128(reinterpret_cast<const __m128i *>(block + 2 + i)), scale, scale, false,
                   values + i);
    return;
  }
  bool has_minimum = format == CK_Q4_1;
  __m256 minimum = _mm256_set1_ps(has_minimum ? half_at(block + 2) : 0);
  __m128i packed = _mm_loadu_si128(reinterpret_cast<const __m128i *>(block + (has_minimum ? 4 : 2)));
  __m128i mask = _mm_set1_epi8(0xF);
  __m128i low = _mm_and_si128(packed, mask), high = _mm_and_si128(_mm_srli_epi16(packed, 4), mask);
  if (!has_minimum) {
    low = _mm_sub_epi8(low, _mm_set1_epi8(8));
    high = _mm_sub_epi8(high, _mm_set1_epi8(8));
  }
  store_scaled(low, scale, minimum, has_minimum, values);
  store_scaled(high, scale, minimum, has_minimum, values + 16);
}

#endif

using Block = void (*)(ck_block_format, const uint8_t *, float *);

Block block_kernel(ck_isa level) {
#if defined(__x86_64__)
  if (ck_resolve_isa(level) >= CK_AVX2) return vector_block;
#endif
  return scalar_block;
}

// Enough blocks for a conversion call to cost nothing beside them, few enough to stay in the first cache.
constexpr size_t staged_blocks = 64;

}  // namespace

size_t ck_block_bytes(ck_block_format format) noexcept {
  switch (format) {
    case CK_Q4_0: return 18;
    case CK_Q4_1: return 20;
    case CK_Q8_0: return 34;
  }
  return 0;
}

void ck_dequantize(
    void *values, ck_dtype dtype, ck_block_format format, const void *blocks, size_t block_count,
    ck_isa level) noexcept {
  Block block = block_kernel(level);
  size_t stride = ck_block_bytes(format);
  const uint8_t *bytes = static_cast<const uint8_t *>(blocks);
  if (dtype == CK_F32) {
    float *output = static_cast<float *>(values);
    for (size_t i = 0; i < block_count; ++i) block(format, bytes + i * stride, output + i * block_elements);
    return;
  }
  uint16_t *output = static_cast<uint16_t *>(values);
  float stage[staged_blocks * block_elements];
  for (size_t start = 0; start < block_count; start += staged_blocks) {
    size_t count = block_count - start < staged_blocks ? block_count - start : staged_blocks;
    for (size_t i = 0; i < count; ++i)
      block(format, bytes + (start + i) * stride, stage + i * block_elements);
    ck_convert(output + start * block_elements, dtype, stage, CK_F32,
               static_cast<int64_t>(count * block_elements), level, ck_serial());
  }
}
