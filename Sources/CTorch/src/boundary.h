// The one exception boundary, and the conversions between C handles and libtorch's values.
//
// Every exported function is `return boundary([&] { ... });`. Inside, `unwrap(handle)` borrows the tensor for
// the full expression it stands in, and `*result = wrap(tensor)` hands one reference to the caller.
#pragma once

#ifndef AT_PER_OPERATOR_HEADERS
#define AT_PER_OPERATOR_HEADERS
#endif

#include <ATen/core/Generator.h>
#include <ATen/core/List.h>
#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>
#include <c10/core/Scalar.h>
#include <c10/core/TensorOptions.h>

#include <atomic>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ctorch/base.h"

namespace ct {

static_assert(sizeof(ct_int) == sizeof(int64_t), "sizes cross as 64-bit integers");

// Stores the exception in flight as this thread's error and yields its kind.
ct_status reportCurrentException() noexcept;

// Stores an error that did not come as an exception.
ct_status report(ct_status kind, const char *message) noexcept;

// Set once the process-wide part is done: our allocator in place, CUDA's library opened if there is one.
extern std::atomic<bool> runtimeReady;
void startRuntime();
// Parts of the start: saved-tensor hooks need an engine of our own.
void installEngine();

template <class Body>
inline ct_status boundary(Body &&body) noexcept {
  try {
    if (C10_UNLIKELY(!runtimeReady.load(std::memory_order_acquire))) startRuntime();
    body();
    return CT_OK;
  } catch (...) {
    return reportCurrentException();
  }
}

// Thrown in C++ when a Swift closure threw: carries the closure's error object to the boundary.
class CallbackError : public std::exception {
 public:
  // Takes over the one reference to `error.object`.
  explicit CallbackError(ct_owned error);
  const char *what() const noexcept override { return "a Swift closure threw an error"; }
  // Hands the object to the caller; NULL on a second call.
  void *take() const noexcept { return error_->exchange(nullptr); }

 private:
  std::shared_ptr<std::atomic<void *>> error_;
};

// Something did not happen in time.
class TimeoutError : public std::exception {
 public:
  explicit TimeoutError(std::string message) : message_(std::move(message)) {}
  const char *what() const noexcept override { return message_.c_str(); }

 private:
  std::string message_;
};

// A Swift object that C++ keeps; copies share one reference.
class Owned {
 public:
  explicit Owned(ct_owned owned) : object_(owned.object, owned.release), release_(owned.release) {}
  void *get() const noexcept { return object_.get(); }
  // Another object of the same kind, given to C++.
  Owned sibling(void *object) const { return Owned(ct_owned{object, release_}); }
  // Ends this copy's share.
  void drop() noexcept { object_.reset(); }
  // Throws if a closure returned an error object, which is then owned by the exception.
  void check(void *error) const {
    if (error != nullptr) throw CallbackError({error, release_});
  }

 private:
  std::shared_ptr<void> object_;
  void (*release_)(void *);
};

// Takes over an owned handle, as callbacks return them; NULL becomes the undefined tensor.
inline at::Tensor adopt(ct_tensor handle) noexcept {
  if (handle == nullptr) return at::Tensor();
  return at::Tensor(c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>::reclaim(
      reinterpret_cast<c10::TensorImpl *>(handle)));
}

// A tensor seen through a borrowed handle, without touching its reference count.
class Borrowed {
 public:
  explicit Borrowed(ct_tensor handle) noexcept : tensor_(adopt(handle)) {}
  ~Borrowed() { tensor_.unsafeReleaseTensorImpl(); }
  Borrowed(const Borrowed &) = delete;
  Borrowed &operator=(const Borrowed &) = delete;

  operator const at::Tensor &() const noexcept { return tensor_; }
  at::Tensor &operator*() noexcept { return tensor_; }
  at::Tensor *operator->() noexcept { return &tensor_; }

 private:
  at::Tensor tensor_;
};

inline Borrowed unwrap(ct_tensor handle) noexcept { return Borrowed(handle); }

inline std::optional<at::Tensor> unwrapOptional(ct_tensor handle) {
  if (handle == nullptr) return std::nullopt;
  return *Borrowed(handle);
}

// Hands one reference over; the undefined tensor becomes NULL.
inline ct_tensor wrap(at::Tensor tensor) noexcept {
  if (!tensor.defined()) return nullptr;
  return reinterpret_cast<ct_tensor>(tensor.unsafeReleaseTensorImpl());
}

inline std::vector<at::Tensor> unwrapList(const ct_tensor *handles, size_t count) {
  std::vector<at::Tensor> tensors;
  tensors.reserve(count);
  for (size_t i = 0; i < count; ++i) tensors.push_back(*Borrowed(handles[i]));
  return tensors;
}

inline c10::List<std::optional<at::Tensor>> unwrapOptionalList(const ct_tensor *handles, size_t count) {
  c10::List<std::optional<at::Tensor>> tensors;
  tensors.reserve(count);
  for (size_t i = 0; i < count; ++i) tensors.push_back(unwrapOptional(handles[i]));
  return tensors;
}

// A malloc'd array of owned handles, which the caller frees with ct_tensor_list_free.
void wrapList(std::vector<at::Tensor> tensors, ct_tensor **list, size_t *count);

inline at::IntArrayRef ints(const ct_int *values, size_t count) noexcept {
  return at::IntArrayRef(reinterpret_cast<const int64_t *>(values), count);
}

inline at::OptionalIntArrayRef optionalInts(const ct_int *values, size_t count) noexcept {
  if (values == nullptr) return std::nullopt;
  return ints(values, count);
}

inline at::ScalarType dtype(int32_t number) noexcept { return static_cast<at::ScalarType>(number); }

inline std::optional<at::ScalarType> optionalDtype(int32_t number) noexcept {
  if (number < 0) return std::nullopt;
  return dtype(number);
}

inline c10::Device device(ct_device device) {
  return c10::Device(
      static_cast<c10::DeviceType>(device.type), static_cast<c10::DeviceIndex>(device.index));
}

inline at::TensorOptions options(int32_t dtypeNumber, ct_device place) {
  return at::TensorOptions().dtype(dtype(dtypeNumber)).device(device(place));
}

inline at::Scalar scalar(ct_scalar value) {
  switch (value.kind) {
    case CT_SCALAR_INT: return at::Scalar(static_cast<int64_t>(value.i));
    case CT_SCALAR_BOOL: return at::Scalar(value.i != 0);
    case CT_SCALAR_DOUBLE: break;
  }
  return at::Scalar(value.d);
}

inline std::optional<at::Generator> unwrapGenerator(ct_generator handle) {
  if (handle == nullptr) return std::nullopt;
  auto *impl = reinterpret_cast<c10::GeneratorImpl *>(handle);
  return at::Generator(c10::intrusive_ptr<c10::GeneratorImpl>::unsafe_reclaim_from_nonowning(impl));
}

}  // namespace ct
