// Random number generators, and the tensors they fill.
#ifndef CTORCH_RANDOM_H
#define CTORCH_RANDOM_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wnullability-completeness"

ct_status ct_generator_create(uint64_t seed, ct_device device, ct_generator *result) CT_NOEXCEPT;
void ct_generator_release(ct_generator generator) CT_NOEXCEPT;
ct_status ct_generator_set_seed(ct_generator generator, uint64_t seed) CT_NOEXCEPT;
// The seed that the stream last started from, also when it was restored from a state.
uint64_t ct_generator_seed(ct_generator generator) CT_NOEXCEPT;
// The state as a CPU tensor of bytes.
ct_status ct_generator_state(ct_generator generator, ct_tensor *result) CT_NOEXCEPT;
ct_status ct_generator_set_state(ct_generator generator, ct_tensor state) CT_NOEXCEPT;

ct_status ct_tensor_randn(
    const ct_int *sizes, size_t dims, ct_generator generator, int32_t dtype, ct_device device,
    ct_tensor *result) CT_NOEXCEPT;
ct_status ct_tensor_rand(
    const ct_int *sizes, size_t dims, ct_generator generator, int32_t dtype, ct_device device,
    ct_tensor *result) CT_NOEXCEPT;
// Integers in [low, high).
ct_status ct_tensor_randint(
    ct_int low, ct_int high, const ct_int *sizes, size_t dims, ct_generator generator, int32_t dtype,
    ct_device device, ct_tensor *result) CT_NOEXCEPT;
ct_status ct_tensor_randperm(
    ct_int count, ct_generator generator, int32_t dtype, ct_device device, ct_tensor *result) CT_NOEXCEPT;

#pragma clang diagnostic pop

#ifdef __cplusplus
}
#endif
#endif
