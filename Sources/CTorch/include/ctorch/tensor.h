// The life of a tensor: creation, properties, values, conversion.
#ifndef CTORCH_TENSOR_H
#define CTORCH_TENSOR_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wnullability-completeness"

// Ends one reference. The handle is not used afterwards.
void ct_tensor_release(ct_tensor tensor) CT_NOEXCEPT;

// One more reference: an owned handle of the same tensor.
ct_tensor _Nonnull ct_tensor_retain(ct_tensor tensor) CT_NOEXCEPT;

// Frees the array in which a call returned several handles, not the handles, which the caller has taken.
void ct_tensor_list_free(ct_tensor *list) CT_NOEXCEPT;

// Creation.
ct_status ct_tensor_empty(
    const ct_int *sizes, size_t dims, int32_t dtype, ct_device device, ct_tensor *result) CT_NOEXCEPT;
ct_status ct_tensor_zeros(
    const ct_int *sizes, size_t dims, int32_t dtype, ct_device device, ct_tensor *result) CT_NOEXCEPT;
ct_status ct_tensor_full(
    const ct_int *sizes, size_t dims, ct_scalar value, int32_t dtype, ct_device device, ct_tensor *result)
    CT_NOEXCEPT;
ct_status ct_tensor_arange(
    ct_scalar start, ct_scalar end, ct_scalar step, int32_t dtype, ct_device device, ct_tensor *result)
    CT_NOEXCEPT;
ct_status ct_tensor_eye(ct_int count, int32_t dtype, ct_device device, ct_tensor *result) CT_NOEXCEPT;

// Properties; none of them can fail. The pointers that sizes and strides yield belong to the tensor and are
// valid until its shape changes.
size_t ct_tensor_dims(ct_tensor tensor) CT_NOEXCEPT;
const ct_int *_Nonnull ct_tensor_sizes(ct_tensor tensor) CT_NOEXCEPT;
const ct_int *_Nonnull ct_tensor_strides(ct_tensor tensor) CT_NOEXCEPT;
ct_int ct_tensor_element_count(ct_tensor tensor) CT_NOEXCEPT;
int32_t ct_tensor_dtype(ct_tensor tensor) CT_NOEXCEPT;
ct_device ct_tensor_device(ct_tensor tensor) CT_NOEXCEPT;
bool ct_tensor_is_contiguous(ct_tensor tensor) CT_NOEXCEPT;
bool ct_tensor_requires_gradient(ct_tensor tensor) CT_NOEXCEPT;
bool ct_tensor_is_leaf(ct_tensor tensor) CT_NOEXCEPT;
bool ct_tensor_is_same(ct_tensor left, ct_tensor right) CT_NOEXCEPT;

// Values. `read` copies every element, row-major and converted to `dtype`, to `destination`, which has room
// for all of them; `write` copies the same way in the other direction.
ct_status ct_tensor_item(ct_tensor tensor, double *result) CT_NOEXCEPT;
ct_status ct_tensor_item_int(ct_tensor tensor, ct_int *result) CT_NOEXCEPT;
ct_status ct_tensor_read(ct_tensor tensor, int32_t dtype, void *destination) CT_NOEXCEPT;
ct_status ct_tensor_write(ct_tensor tensor, int32_t dtype, const void *source) CT_NOEXCEPT;

// Conversion. Recorded by autograd. The result is the same tensor where nothing has to change.
ct_status ct_tensor_to_dtype(ct_tensor tensor, int32_t dtype, ct_tensor *result) CT_NOEXCEPT;
ct_status ct_tensor_to_device(ct_tensor tensor, ct_device device, ct_tensor *result) CT_NOEXCEPT;
ct_status ct_tensor_contiguous(ct_tensor tensor, ct_tensor *result) CT_NOEXCEPT;
ct_status ct_tensor_clone(ct_tensor tensor, ct_tensor *result) CT_NOEXCEPT;
ct_status ct_tensor_detach(ct_tensor tensor, ct_tensor *result) CT_NOEXCEPT;

#pragma clang diagnostic pop

#ifdef __cplusplus
}
#endif
#endif
