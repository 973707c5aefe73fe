// libtorch's own optimizer steps, which ours are measured beside.
#ifndef CTORCH_OPTIMIZERS_H
#define CTORCH_OPTIMIZERS_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wnullability-completeness"

// libtorch's fused AdamW over one parameter, in place. All four tensors have one shape; `step` is a float32
// scalar, the number of this step, 1 at the first.
ct_status ct_fused_adamw(
    ct_tensor parameter, ct_tensor gradient, ct_tensor first_moment, ct_tensor second_moment, ct_tensor step,
    double learning_rate, double beta1, double beta2, double weight_decay, double epsilon) CT_NOEXCEPT;

#pragma clang diagnostic pop
#ifdef __cplusplus
}
#endif
#endif
