// The conventions of CTorch: opaque handles, status results, one error record per thread.
#ifndef CTORCH_BASE_H
#define CTORCH_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define CT_NOEXCEPT noexcept
extern "C" {
#else
#define CT_NOEXCEPT
#endif

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wnullability-completeness"

// A 64-bit integer, which Swift sees as Int: arrays of sizes cross without a copy.
typedef intptr_t ct_int;

// A tensor handle. Every handle that an out-parameter returns is owned (+1) by the caller, who ends it with
// ct_tensor_release. Handles passed as arguments are borrowed for the length of the call. NULL is the
// undefined tensor: allowed as an argument only where it is marked _Nullable.
typedef struct ct_tensor_s *ct_tensor;

// A random number generator handle; owned by whoever receives it, ended with ct_generator_release.
typedef struct ct_generator_s *ct_generator;

// Where a tensor lives: c10::DeviceType's number, and the index, -1 where there is only one.
typedef struct {
  int32_t type;
  int32_t index;
} ct_device;

typedef enum : int32_t {
  CT_SCALAR_DOUBLE = 0,
  CT_SCALAR_INT = 1,
  CT_SCALAR_BOOL = 2,
} ct_scalar_kind;

// A number of the kind that it names; the other field is ignored. A bool is i, zero or one.
typedef struct {
  ct_scalar_kind kind;
  double d;
  ct_int i;
} ct_scalar;

// An object of Swift's that C++ keeps: `release(object)` is called once, on any thread, when C++ lets it go,
// also when the call that received it fails.
typedef struct {
  void *_Nonnull object;
  void (*_Nonnull release)(void *_Nonnull object);
} ct_owned;

// What a call ended with. CT_OK, or the kind of the C++ exception that it ended in; never a text to parse.
typedef enum : int32_t {
  CT_OK = 0,
  CT_OUT_OF_MEMORY = 1,
  CT_SHAPE = 2,        // operands that do not fit the operation: libtorch's plain check
  CT_INDEX = 3,
  CT_TYPE = 4,
  CT_NOT_IMPLEMENTED = 5,
  CT_BACKEND = 6,      // a process group, a device or a library behind libtorch failed
  CT_TIMEOUT = 7,
  CT_CALLBACK = 8,     // a Swift closure called from C++ threw; ct_error_take_object yields its error
  CT_INTERNAL = 9,
} ct_status;

// The message of this thread's last failed call; valid until the thread's next failed call.
const char *_Nonnull ct_error_message(void) CT_NOEXCEPT;

// The error object that a Swift closure handed out, when this thread's last failed call ended in CT_CALLBACK:
// owned by the caller. NULL otherwise, and on a second call.
void *_Nullable ct_error_take_object(void) CT_NOEXCEPT;

#pragma clang diagnostic pop

#ifdef __cplusplus
}
#endif
#endif
