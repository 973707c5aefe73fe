// The vector loop of Adam, for the level that includes this file.
//
// All stores are ordinary ones: lines of the states and the master weights were just read, and streaming the
// copy past the cache measured no faster, while the gather that follows reads it.

template <class Gradient, class State, class Copy>
static void adam_lanes(const ck_adam_buffers &b, const AdamFactors &f, int64_t begin, int64_t end) noexcept {
  float *const master = b.master;
  const auto gradient = static_cast<const typename Gradient::stored *>(b.gradient);
  const auto first = static_cast<typename State::stored *>(b.first_moment);
  const auto second = static_cast<typename State::stored *>(b.second_moment);
  const auto copy = static_cast<typename Copy::stored *>(b.copy);
  int64_t i = begin;
  for (; i + laneCount <= end; i += laneCount) {
    const Floats p = load(F32{}, master + i);
    const Floats g = f.multiplier * load(Gradient{}, gradient + i) + f.gradient_decay * p;
    const Floats m = f.beta1 * load(State{}, first + i) + f.beta1_rest * g;
    const Floats v = f.beta2 * load(State{}, second + i) + f.beta2_rest * (g * g);
    const Floats update = f.rate * (m / (__builtin_elementwise_sqrt(v) * f.root_factor + f.epsilon));
    const Floats next = p - (update + f.decay * p);
    store(State{}, first + i, m);
    store(State{}, second + i, v);
    store(F32{}, master + i, next);
    if constexpr (!std::is_same_v<Copy, Nowhere>) store(Copy{}, copy + i, next);
  }
  adam_reference(b, f, i, end);
}

static void adam_range(const ck_adam_buffers &b, const AdamFactors &f, int64_t begin, int64_t end) noexcept {
  with_tag(b.gradient_dtype, [&](auto gradient) {
    with_tag(b.state_dtype, [&](auto state) {
      using Gradient = decltype(gradient);
      using State = decltype(state);
      if (b.copy == nullptr) return adam_lanes<Gradient, State, Nowhere>(b, f, begin, end);
      with_tag(b.copy_dtype, [&](auto copy) {
        adam_lanes<Gradient, State, decltype(copy)>(b, f, begin, end);
      });
    });
  });
}
