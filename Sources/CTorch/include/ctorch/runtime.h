// The process-wide and per-thread settings of libtorch, and its devices.
#ifndef CTORCH_RUNTIME_H
#define CTORCH_RUNTIME_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

const char *_Nonnull ct_version(void) CT_NOEXCEPT;

// Threads that one operation may use. The setting belongs to the calling thread.
ct_status ct_set_thread_count(int32_t count) CT_NOEXCEPT;
int32_t ct_thread_count(void) CT_NOEXCEPT;
// Threads between operations; settable once, before first use.
ct_status ct_set_interop_thread_count(int32_t count) CT_NOEXCEPT;
int32_t ct_interop_thread_count(void) CT_NOEXCEPT;

typedef enum : int32_t {
  CT_PRECISION_HIGHEST = 0,
  CT_PRECISION_HIGH = 1,
  CT_PRECISION_MEDIUM = 2,
} ct_precision;
// Process-wide: how f32 matrix products may round inside.
ct_status ct_set_float32_precision(ct_precision precision) CT_NOEXCEPT;

// 0 where CUDA's part of libtorch, its driver or a GPU is missing.
int32_t ct_cuda_device_count(void) CT_NOEXCEPT;
// Why there is no CUDA, in a sentence; empty when its part of libtorch is open.
const char *_Nonnull ct_cuda_obstacle(void) CT_NOEXCEPT;
// Makes the device the calling thread's current one.
ct_status ct_device_select(ct_device device) CT_NOEXCEPT;
// Waits until all work queued on the device is done.
ct_status ct_device_synchronize(ct_device device) CT_NOEXCEPT;

// CPU bytes in tensors alive in this process, as the allocator rounds them, and their highest value since the
// last reset.
ct_int ct_memory_allocated(void) CT_NOEXCEPT;
ct_int ct_memory_peak(void) CT_NOEXCEPT;
void ct_memory_reset_peak(void) CT_NOEXCEPT;
// CPU bytes that no tensor uses and that wait for the next one.
ct_int ct_memory_waiting(void) CT_NOEXCEPT;
// Gives them back to the system.
void ct_memory_trim(void) CT_NOEXCEPT;

#ifdef __cplusplus
}
#endif
#endif
