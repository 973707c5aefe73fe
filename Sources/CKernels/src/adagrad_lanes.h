// The vector loop of Adagrad, for the level that includes this file.
#include "update_lanes.h"

struct AdagradLanes {
  static constexpr int stateCount = 1;
  static constexpr int changedStateCount = 1;
  AdagradFactors f;

  [[gnu::always_inline]] Floats operator()(Floats p, Floats gradient, Floats *states) const {
    const Floats g = f.multiplier * gradient + f.decay * p;
    states[0] = states[0] + g * g;
    return p - f.rate * (g / (__builtin_elementwise_sqrt(states[0]) + f.epsilon));
  }

  void rest(const ck_update_buffers &b, int64_t begin, int64_t end) const { adagrad_reference(b, f, begin, end); }
};

static void adagrad_range(
    const ck_update_buffers &b, const AdagradFactors &f, bool streams, int64_t begin, int64_t end) noexcept {
  update_range(b, AdagradLanes{f}, streams, begin, end);
}
