// The vector loop of the triad, for the level that includes this file.

static void triad_range(
    float *result, const float *a, const float *b, float factor, bool streams, int64_t begin,
    int64_t end) noexcept {
  int64_t i = begin;
  for (; i + laneCount <= end; i += laneCount) {
    const Floats sum = load(F32{}, a + i) + factor * load(F32{}, b + i);
    if (streams) {
      __builtin_nontemporal_store(sum, reinterpret_cast<Floats *>(result + i));
    } else {
      store(F32{}, result + i, sum);
    }
  }
#if CK_HAS_X86
  if (streams) _mm_sfence();
#endif
  for (; i < end; i++) result[i] = a[i] + factor * b[i];
}
