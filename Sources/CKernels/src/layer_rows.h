// How layer kernels split their rows among threads.
#ifndef CKERNELS_LAYER_ROWS_H
#define CKERNELS_LAYER_ROWS_H

#include "loops.h"

namespace ck {

// The least elements that are worth a thread.
constexpr int64_t rowGrainElements = 16384;

// Runs `body(begin, end)` over the items [0, count), each of `width` elements.
template <class Body>
inline void for_items(ck_executor executor, int64_t count, int64_t width, Body &&body) noexcept {
  const int64_t grain = std::max<int64_t>(1, rowGrainElements / std::max<int64_t>(1, width));
  if (executor.run == nullptr || count <= grain) {
    if (count > 0) body(int64_t{0}, count);
    return;
  }
  executor.run(
      executor.context, 0, count, grain,
      [](void *argument, int64_t begin, int64_t end) {
        (*static_cast<std::remove_reference_t<Body> *>(argument))(begin, end);
      },
      &body);
}

}  // namespace ck
#endif
