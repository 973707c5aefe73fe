// What all optimizer kernels share outside of their vector loops.
#ifndef CKERNELS_SRC_UPDATE_H
#define CKERNELS_SRC_UPDATE_H

#include "ckernels.h"
#include "loops.h"
#include "scalar.h"

#include <cstdint>

namespace ck {

inline int64_t width_of(ck_dtype dtype) noexcept { return dtype == CK_F32 ? 4 : 2; }

// True where the copy is better written past the caches: the buffers do not fit them. Last-level caches of
// today hold up to 128 MiB for one socket's share.
inline bool streams_copy(const ck_update_buffers &b, int stateCount) noexcept {
  constexpr int64_t cached = int64_t(128) << 20;
  const int64_t width = width_of(b.master_dtype) + width_of(b.gradient_dtype) + width_of(b.copy_dtype) +
                        stateCount * width_of(b.state_dtype);
  return b.copy != nullptr && reinterpret_cast<uintptr_t>(b.copy) % 64 == 0 && b.count > cached / width;
}

// The pass of a rule's vector loop, `range`, with its factors over all buffers.
template <class Range, class Factors>
inline void update_all(
    const ck_update_buffers &b, const Factors &factors, int stateCount, Range range,
    ck_executor executor) noexcept {
  const bool streams = streams_copy(b, stateCount);
  for_ranges(executor, b.count, [&](int64_t begin, int64_t end) { range(b, factors, streams, begin, end); });
}

// Writes the new weights of element i, and their copy.
inline void store_weight(const ck_update_buffers &b, int64_t i, float next) noexcept {
  store(b.master, b.master_dtype, i, next);
  if (b.copy != nullptr) store(b.copy, b.copy_dtype, i, next);
}

}  // namespace ck
#endif
