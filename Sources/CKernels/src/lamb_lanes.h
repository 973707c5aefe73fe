// The vector loops of LAMB, for the level that includes this file.
#include "double_lanes.h"
#include "update_lanes.h"

CK_INLINE Floats lamb_direction(const LambFactors &f, Floats p, Floats m, Floats v) {
  return m / (__builtin_elementwise_sqrt(v + f.inside) + f.outside) + f.decay * p;
}

template <class Master, class Gradient, class State>
static ck_lamb_squares lamb_moments_lanes(
    const ck_update_buffers &b, LambFactors f, int64_t begin, int64_t end) noexcept {
  constexpr int64_t registers = partialCount / laneCount;
  const auto master = static_cast<const typename Master::stored *>(b.master);
  const auto gradient = static_cast<const typename Gradient::stored *>(b.gradient);
  const auto first = static_cast<typename State::stored *>(b.states[0]);
  const auto second = static_cast<typename State::stored *>(b.states[1]);
  Doubles weights[2 * registers] = {};
  Doubles directions[2 * registers] = {};
  int64_t i = begin;
  for (; i + partialCount <= end; i += partialCount) {
    Floats p[registers];
    Floats u[registers];
#pragma clang loop unroll(full)
    for (int64_t r = 0; r < registers; r++) {
      const int64_t at = i + r * laneCount;
      const Floats g = f.multiplier * load(Gradient{}, gradient + at);
      store(State{}, first + at, f.beta1 * load(State{}, first + at) + f.beta1_rest * g);
      store(State{}, second + at, f.beta2 * load(State{}, second + at) + f.beta2_rest * (g * g));
      p[r] = load(Master{}, master + at);
      u[r] = lamb_direction(f, p[r], load(State{}, first + at), load(State{}, second + at));
    }
    add_squares(weights, p);
    add_squares(directions, u);
  }
  double sums[2][partialCount];
  std::memcpy(sums[0], weights, sizeof weights);
  std::memcpy(sums[1], directions, sizeof directions);
  lamb_moments_reference(b, f, sums[0], sums[1], begin, i, end);
  return {joined(sums[0]), joined(sums[1])};
}

static ck_lamb_squares lamb_moments_range(
    const ck_update_buffers &b, const LambFactors &f, int64_t begin, int64_t end) noexcept {
  ck_lamb_squares squares{0, 0};
  with_tag(b.master_dtype, [&](auto master) {
    with_tag(b.gradient_dtype, [&](auto gradient) {
      with_tag(b.state_dtype, [&](auto state) {
        squares =
            lamb_moments_lanes<decltype(master), decltype(gradient), decltype(state)>(b, f, begin, end);
      });
    });
  });
  return squares;
}

struct LambApplyLanes {
  static constexpr int stateCount = 2;
  static constexpr int changedStateCount = 0;
  LambFactors f;

  [[gnu::always_inline]] Floats operator()(Floats p, Floats, Floats *states) const {
    return p - f.rate * lamb_direction(f, p, states[0], states[1]);
  }

  void rest(const ck_update_buffers &b, int64_t begin, int64_t end) const { lamb_apply_reference(b, f, begin, end); }
};

static void lamb_apply_range(
    const ck_update_buffers &b, const LambFactors &f, bool streams, int64_t begin, int64_t end) noexcept {
  update_range(b, LambApplyLanes{f}, streams, begin, end);
}
