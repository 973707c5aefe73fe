// LAMB: the plain loops first, then the dispatch to the vector loops of lamb_lanes.h.
#pragma clang fp contract(off)

#define CK_BODY "lamb_lanes.h"
#include "lamb.h"
#include "reduction.h"
#include "each_level.h"
#include "update.h"

namespace ck {

LambFactors::LambFactors(const ck_lamb_options &options, double trust_ratio) {
  const auto t = static_cast<double>(options.step);
  const double correction1 = options.bias_correction ? 1 - std::pow(options.beta1, t) : 1;
  const double correction2 = options.bias_correction ? 1 - std::pow(options.beta2, t) : 1;
  multiplier = static_cast<float>(options.gradient_multiplier);
  decay = static_cast<float>(options.weight_decay);
  beta1 = static_cast<float>(options.beta1);
  beta1_rest = static_cast<float>(1 - options.beta1);
  beta2 = static_cast<float>(options.beta2);
  beta2_rest = static_cast<float>(1 - options.beta2);
  rate = static_cast<float>(options.learning_rate * std::sqrt(correction2) / correction1 * trust_ratio);
  inside = options.epsilon_inside_root ? static_cast<float>(options.epsilon) : 0;
  outside = options.epsilon_inside_root ? 0 : static_cast<float>(options.epsilon);
}

namespace {

float direction(const ck_update_buffers &b, const LambFactors &f, int64_t i, float p) noexcept {
  const float m = load(b.states[0], b.state_dtype, i);
  const float v = load(b.states[1], b.state_dtype, i);
  return m / (std::sqrt(v + f.inside) + f.outside) + f.decay * p;
}

using BlockSquares = ck_lamb_squares (*)(
    const ck_update_buffers &b, const LambFactors &f, int64_t begin, int64_t end) noexcept;

ck_lamb_squares block_reference(
    const ck_update_buffers &b, const LambFactors &f, int64_t begin, int64_t end) noexcept {
  double sums[2][partialCount] = {};
  lamb_moments_reference(b, f, sums[0], sums[1], begin, begin, end);
  return {joined(sums[0]), joined(sums[1])};
}

// Blocks depend on the count alone and are added in order.
ck_lamb_squares moments(
    const ck_update_buffers &b, const LambFactors &f, BlockSquares block_squares,
    ck_executor executor) noexcept {
  const int64_t length = block_length(b.count);
  const int64_t blocks = (b.count + length - 1) / length;
  ck_lamb_squares found[maximumBlockCount];
  const auto visit = [&](int64_t first, int64_t last) {
    for (int64_t block = first; block < last; block++) {
      found[block] = block_squares(b, f, block * length, std::min(b.count, (block + 1) * length));
    }
  };
  if (executor.run == nullptr || blocks < 3) {
    visit(0, blocks);
  } else {
    executor.run(
        executor.context, 0, blocks, 2,
        [](void *argument, int64_t first, int64_t last) {
          (*static_cast<decltype(visit) *>(argument))(first, last);
        },
        const_cast<void *>(static_cast<const void *>(&visit)));
  }
  ck_lamb_squares sum{0, 0};
  for (int64_t block = 0; block < blocks; block++) {
    sum.weights += found[block].weights;
    sum.direction += found[block].direction;
  }
  return sum;
}

}  // namespace

void lamb_moments_reference(
    const ck_update_buffers &b, const LambFactors &f, double *weights, double *directions, int64_t start,
    int64_t begin, int64_t end) noexcept {
  for (int64_t i = begin; i < end; i++) {
    const float g = f.multiplier * load(b.gradient, b.gradient_dtype, i);
    const float m = f.beta1 * load(b.states[0], b.state_dtype, i) + f.beta1_rest * g;
    const float v = f.beta2 * load(b.states[1], b.state_dtype, i) + f.beta2_rest * (g * g);
    store(b.states[0], b.state_dtype, i, m);
    store(b.states[1], b.state_dtype, i, v);
    const float p = load(b.master, b.master_dtype, i);
    const double u = direction(b, f, i, p);
    weights[(i - start) % partialCount] += static_cast<double>(p) * p;
    directions[(i - start) % partialCount] += u * u;
  }
}

void lamb_apply_reference(
    const ck_update_buffers &b, const LambFactors &f, int64_t begin, int64_t end) noexcept {
  for (int64_t i = begin; i < end; i++) {
    const float p = load(b.master, b.master_dtype, i);
    store_weight(b, i, p - f.rate * direction(b, f, i, p));
  }
}

}  // namespace ck

extern "C" ck_lamb_squares ck_lamb_moments_reference(
    const ck_update_buffers *buffers, const ck_lamb_options *options) noexcept {
  return ck::moments(*buffers, ck::LambFactors(*options), &ck::block_reference, ck_serial());
}

extern "C" ck_lamb_squares ck_lamb_moments(
    const ck_update_buffers *buffers, const ck_lamb_options *options, ck_isa level,
    ck_executor executor) noexcept {
  return ck::moments(*buffers, ck::LambFactors(*options), CK_SELECT(level, lamb_moments_range), executor);
}

extern "C" void ck_lamb_apply_reference(
    const ck_update_buffers *buffers, const ck_lamb_options *options, double trust_ratio) noexcept {
  ck::lamb_apply_reference(*buffers, ck::LambFactors(*options, trust_ratio), 0, buffers->count);
}

extern "C" void ck_lamb_apply(
    const ck_update_buffers *buffers, const ck_lamb_options *options, double trust_ratio, ck_isa level,
    ck_executor executor) noexcept {
  ck::update_all(
      *buffers, ck::LambFactors(*options, trust_ratio), 2, CK_SELECT(level, lamb_apply_range), executor);
}
