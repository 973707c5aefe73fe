// The vector loop of stochastic gradient descent, for the level that includes this file.
#include "update_lanes.h"

template <bool hasVelocity>
struct SgdLanes {
  static constexpr int stateCount = hasVelocity ? 1 : 0;
  static constexpr int changedStateCount = stateCount;
  SgdFactors f;

  [[gnu::always_inline]] Floats operator()(Floats p, Floats gradient, Floats *states) const {
    const Floats g = f.multiplier * gradient + f.decay * p;
    Floats update = g;
    if constexpr (hasVelocity) {
      const Floats velocity = f.momentum * states[0] + f.gradient_share * g;
      states[0] = velocity;
      update = f.nesterov ? g + f.lookahead * velocity : velocity;
    }
    return p - f.rate * update;
  }

  void rest(const ck_update_buffers &b, int64_t begin, int64_t end) const { sgd_reference(b, f, begin, end); }
};

static void sgd_range(
    const ck_update_buffers &b, const SgdFactors &f, bool streams, int64_t begin, int64_t end) noexcept {
  if (b.states[0] != nullptr) {
    update_range(b, SgdLanes<true>{f}, streams, begin, end);
  } else {
    update_range(b, SgdLanes<false>{f}, streams, begin, end);
  }
}
