// The vector loop of Lion, for the level that includes this file.
#include "update_lanes.h"

struct LionLanes {
  static constexpr int stateCount = 1;
  static constexpr int changedStateCount = 1;
  LionFactors f;

  [[gnu::always_inline]] Floats operator()(Floats p, Floats gradient, Floats *states) const {
    const Floats g = f.multiplier * gradient;
    const Floats c = f.beta1 * states[0] + f.beta1_rest * g;
    states[0] = f.beta2 * states[0] + f.beta2_rest * g;
    const Words sign = __builtin_bit_cast(Words, c) & 0x80000000u;
    const Words rate = __builtin_bit_cast(Words, Floats{} + f.rate) | sign;
    return f.kept * p - __builtin_bit_cast(Floats, rate);
  }

  void rest(const ck_update_buffers &b, int64_t begin, int64_t end) const { lion_reference(b, f, begin, end); }
};

static void lion_range(
    const ck_update_buffers &b, const LionFactors &f, bool streams, int64_t begin, int64_t end) noexcept {
  update_range(b, LionLanes{f}, streams, begin, end);
}
