// One register of elements and its loads and stores, for the level that includes this file.

#if CK_LEVEL == 2
constexpr int64_t laneCount = 16;
#elif CK_LEVEL == 1
constexpr int64_t laneCount = 8;
#else
constexpr int64_t laneCount = 4;
#endif

using Floats = float __attribute__((vector_size(4 * laneCount)));
using Words = uint32_t __attribute__((vector_size(4 * laneCount)));
using Halves = uint16_t __attribute__((vector_size(2 * laneCount)));

CK_INLINE Floats load(F32, const float *from) {
  Floats lanes;
  std::memcpy(&lanes, from, sizeof lanes);
  return lanes;
}

CK_INLINE Floats load(BF16, const uint16_t *from) {
  Halves bits;
  std::memcpy(&bits, from, sizeof bits);
  return __builtin_bit_cast(Floats, __builtin_convertvector(bits, Words) << 16);
}

CK_INLINE Floats load(F16, const uint16_t *from) {
#if CK_LEVEL == 2
  return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i *>(from)));
#elif CK_LEVEL == 1
  return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i *>(from)));
#else
  Floats lanes;
  for (int lane = 0; lane < laneCount; lane++) lanes[lane] = float_from_float16(from[lane]);
  return lanes;
#endif
}

CK_INLINE void store(F32, float *to, Floats lanes) { std::memcpy(to, &lanes, sizeof lanes); }

// AVX-512's own bf16 conversion is not used: it flushes denormals, and the bits would depend on the machine.
CK_INLINE void store(BF16, uint16_t *to, Floats lanes) {
  const Words bits = __builtin_bit_cast(Words, lanes);
  const Words rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
  const Words chosen = lanes == lanes ? rounded : Words{} + 0x7FC0;
  const Halves narrow = __builtin_convertvector(chosen, Halves);
  std::memcpy(to, &narrow, sizeof narrow);
}

CK_INLINE void store(F16, uint16_t *to, Floats lanes) {
#if CK_LEVEL == 2
  const __m256i narrow = _mm512_cvtps_ph(lanes, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  _mm256_storeu_si256(reinterpret_cast<__m256i *>(to), narrow);
#elif CK_LEVEL == 1
  const __m128i narrow = _mm256_cvtps_ph(lanes, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  _mm_storeu_si128(reinterpret_cast<__m128i *>(to), narrow);
#else
  for (int lane = 0; lane < laneCount; lane++) to[lane] = float16_from_float(lanes[lane]);
#endif
}
