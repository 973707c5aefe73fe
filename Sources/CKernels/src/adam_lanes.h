// The vector loop of Adam, for the level that includes this file.
#include "update_lanes.h"

struct AdamLanes {
  static constexpr int stateCount = 2;
  static constexpr int changedStateCount = 2;
  AdamFactors f;

  [[gnu::always_inline]] Floats operator()(Floats p, Floats gradient, Floats *states) const {
    const Floats g = f.multiplier * gradient + f.gradient_decay * p;
    const Floats m = f.beta1 * states[0] + f.beta1_rest * g;
    const Floats v = f.beta2 * states[1] + f.beta2_rest * (g * g);
    const Floats update = f.rate * (m / (__builtin_elementwise_sqrt(v) * f.root_factor + f.epsilon));
    states[0] = m;
    states[1] = v;
    return p - (update + f.decay * p);
  }

  void rest(const ck_update_buffers &b, int64_t begin, int64_t end) const { adam_reference(b, f, begin, end); }
};

static void adam_range(
    const ck_update_buffers &b, const AdamFactors &f, bool streams, int64_t begin, int64_t end) noexcept {
  update_range(b, AdamLanes{f}, streams, begin, end);
}
