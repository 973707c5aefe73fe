// libtorch's own optimizer steps.
#include "boundary.h"

#include "ctorch/optimizers.h"

#include <ATen/ops/_fused_adamw_ops.h>

using namespace ct;

extern "C" ct_status ct_fused_adamw(
    ct_tensor parameter, ct_tensor gradient, ct_tensor first_moment, ct_tensor second_moment, ct_tensor step,
    double learning_rate, double beta1, double beta2, double weight_decay, double epsilon) noexcept {
  return boundary([&] {
    const at::Tensor parameters[] = {*unwrap(parameter)};
    const at::Tensor gradients[] = {*unwrap(gradient)};
    const at::Tensor firsts[] = {*unwrap(first_moment)};
    const at::Tensor seconds[] = {*unwrap(second_moment)};
    const at::Tensor steps[] = {*unwrap(step)};
    at::_ops::_fused_adamw_::call(
        parameters, gradients, firsts, seconds, {}, steps, learning_rate, beta1, beta2, weight_decay, epsilon,
        false, false, std::nullopt, std::nullopt);
  });
}
