// The vector loop of stochastic gradient descent, for the level that includes this file.

template <class Gradient, class Copy>
static void sgd_lanes(const ck_sgd_buffers &b, const SgdFactors &f, int64_t begin, int64_t end) noexcept {
  float *const master = b.master;
  float *const momentum = b.momentum;
  const auto gradient = static_cast<const typename Gradient::stored *>(b.gradient);
  const auto copy = static_cast<typename Copy::stored *>(b.copy);
  int64_t i = begin;
  for (; i + laneCount <= end; i += laneCount) {
    const Floats p = load(F32{}, master + i);
    const Floats g = f.multiplier * load(Gradient{}, gradient + i) + f.decay * p;
    Floats update = g;
    if (momentum != nullptr) {
      const Floats velocity = f.momentum * load(F32{}, momentum + i) + f.gradient_share * g;
      store(F32{}, momentum + i, velocity);
      update = f.nesterov ? g + f.lookahead * velocity : velocity;
    }
    const Floats next = p - f.rate * update;
    store(F32{}, master + i, next);
    if constexpr (!std::is_same_v<Copy, Nowhere>) store(Copy{}, copy + i, next);
  }
  sgd_reference(b, f, i, end);
}

static void sgd_range(const ck_sgd_buffers &b, const SgdFactors &f, int64_t begin, int64_t end) noexcept {
  with_tag(b.gradient_dtype, [&](auto gradient) {
    using Gradient = decltype(gradient);
    if (b.copy == nullptr) return sgd_lanes<Gradient, Nowhere>(b, f, begin, end);
    with_tag(b.copy_dtype, [&](auto copy) { sgd_lanes<Gradient, decltype(copy)>(b, f, begin, end); });
  });
}
