// Matrix products by a library of the caller's choice.
#ifndef CTORCH_PRODUCTS_H
#define CTORCH_PRODUCTS_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

// Whether this libtorch has ct_onednn_linear.
bool ct_onednn_linear_exists(void) CT_NOEXCEPT;

// input weight^T + bias by oneDNN, without recording: input [..., I] and weight [O, I] of one dtype, float32 or
// bfloat16, on the CPU, of any strides; bias [O] or NULL.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wnullability-completeness"
ct_status ct_onednn_linear(
    ct_tensor input, ct_tensor weight, ct_tensor _Nullable bias, ct_tensor *result) CT_NOEXCEPT;
#pragma clang diagnostic pop

#ifdef __cplusplus
}
#endif
#endif
