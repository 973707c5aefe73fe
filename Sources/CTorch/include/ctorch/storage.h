// The memory behind tensors: where it lies, how large it is, who shares it.
#ifndef CTORCH_STORAGE_H
#define CTORCH_STORAGE_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wnullability-completeness"

// A contiguous CPU tensor over memory of the caller's, who keeps it in place until `owner` is released: that
// is when the last tensor over it ends. `owner` is released also when the call fails.
ct_status ct_tensor_from_memory(
    void *_Nullable memory, const ct_int *sizes, size_t dims, int32_t dtype, ct_owned owner,
    ct_tensor *result) CT_NOEXCEPT;

// Zeros on the CPU in pages of their own, which take memory when they are first written and leave it when the
// tensor ends; of the system's usual size of pages. For large buffers that live long and are read in order.
ct_status ct_tensor_zero_pages(
    const ct_int *sizes, size_t dims, int32_t dtype, ct_tensor *result) CT_NOEXCEPT;

// The first element's address, NULL for a tensor without memory.
void *_Nullable ct_tensor_data(ct_tensor tensor) CT_NOEXCEPT;
// In elements from the storage's start.
ct_int ct_tensor_storage_offset(ct_tensor tensor) CT_NOEXCEPT;
ct_int ct_storage_byte_count(ct_tensor tensor) CT_NOEXCEPT;
bool ct_storage_is_shared(ct_tensor left, ct_tensor right) CT_NOEXCEPT;
// A number that is the same for all tensors over one storage and differs between storages alive.
uintptr_t ct_storage_identity(ct_tensor tensor) CT_NOEXCEPT;

// The tensors and saved values that hold the storage.
ct_int ct_storage_use_count(ct_tensor tensor) CT_NOEXCEPT;
// Who holds the tensor itself: handles and graphs that saved it, without the node that accumulates its gradient.
ct_int ct_tensor_use_count(ct_tensor tensor) CT_NOEXCEPT;

// Gives the storage `byte_count` bytes, keeping the bytes that fit. 0 frees the memory; sizes stay as they
// are.
ct_status ct_storage_resize(ct_tensor tensor, ct_int byte_count) CT_NOEXCEPT;

#pragma clang diagnostic pop

#ifdef __cplusplus
}
#endif
#endif
