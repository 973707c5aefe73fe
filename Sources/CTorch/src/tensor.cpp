// Creation, properties, values and conversion of tensors.
#include "boundary.h"

#include "ctorch/tensor.h"

#include <ATen/EmptyTensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include <cstdlib>

using namespace ct;

namespace {

const c10::TensorImpl &impl(ct_tensor tensor) { return *reinterpret_cast<const c10::TensorImpl *>(tensor); }

// A storage may have been resized to nothing; touching its elements would then end the process.
void checkMemory(const at::Tensor &tensor) {
  size_t needed = at::detail::computeStorageNbytes(
      tensor.sizes(), tensor.strides(), tensor.itemsize(), static_cast<size_t>(tensor.storage_offset()));
  TORCH_CHECK(
      tensor.numel() == 0 || tensor.storage().nbytes() >= needed, "the tensor's storage has ",
      tensor.storage().nbytes(), " of the ", needed, " bytes that its elements need; it has been resized");
}

// A tensor over foreign memory with the other's sizes, row-major, for one copy.
at::Tensor rowMajorView(const at::Tensor &like, void *memory, int32_t type) {
  return at::from_blob(memory, like.sizes(), at::TensorOptions().dtype(dtype(type)));
}

}  // namespace

extern "C" {

void ct_tensor_release(ct_tensor tensor) noexcept {
  c10::raw::intrusive_ptr::decref(reinterpret_cast<c10::TensorImpl *>(tensor));
}

ct_tensor ct_tensor_retain(ct_tensor tensor) noexcept {
  c10::raw::intrusive_ptr::incref(reinterpret_cast<c10::TensorImpl *>(tensor));
  return tensor;
}

void ct_tensor_list_free(ct_tensor *list) noexcept { std::free(list); }

ct_status ct_tensor_empty(
    const ct_int *sizes, size_t dims, int32_t type, ct_device place, ct_tensor *result) noexcept {
  return boundary([&] { *result = wrap(at::empty(ints(sizes, dims), options(type, place))); });
}

ct_status ct_tensor_zeros(
    const ct_int *sizes, size_t dims, int32_t type, ct_device place, ct_tensor *result) noexcept {
  return boundary([&] { *result = wrap(at::zeros(ints(sizes, dims), options(type, place))); });
}

ct_status ct_tensor_full(
    const ct_int *sizes, size_t dims, ct_scalar value, int32_t type, ct_device place,
    ct_tensor *result) noexcept {
  return boundary([&] { *result = wrap(at::full(ints(sizes, dims), scalar(value), options(type, place))); });
}

ct_status ct_tensor_arange(
    ct_scalar start, ct_scalar end, ct_scalar step, int32_t type, ct_device place,
    ct_tensor *result) noexcept {
  return boundary(
      [&] { *result = wrap(at::arange(scalar(start), scalar(end), scalar(step), options(type, place))); });
}

ct_status ct_tensor_eye(ct_int count, int32_t type, ct_device place, ct_tensor *result) noexcept {
  return boundary([&] { *result = wrap(at::eye(count, options(type, place))); });
}

size_t ct_tensor_dims(ct_tensor tensor) noexcept { return static_cast<size_t>(impl(tensor).dim()); }

const ct_int *ct_tensor_sizes(ct_tensor tensor) noexcept {
  return reinterpret_cast<const ct_int *>(impl(tensor).sizes().data());
}

const ct_int *ct_tensor_strides(ct_tensor tensor) noexcept {
  return reinterpret_cast<const ct_int *>(impl(tensor).strides().data());
}

ct_int ct_tensor_element_count(ct_tensor tensor) noexcept { return impl(tensor).numel(); }

int32_t ct_tensor_dtype(ct_tensor tensor) noexcept {
  return static_cast<int32_t>(c10::typeMetaToScalarType(impl(tensor).dtype()));
}

ct_device ct_tensor_device(ct_tensor tensor) noexcept {
  c10::Device device = impl(tensor).device();
  return {static_cast<int32_t>(device.type()), device.index()};
}

bool ct_tensor_is_contiguous(ct_tensor tensor) noexcept { return impl(tensor).is_contiguous(); }

bool ct_tensor_requires_gradient(ct_tensor tensor) noexcept { return impl(tensor).requires_grad(); }

bool ct_tensor_is_leaf(ct_tensor tensor) noexcept { return unwrap(tensor)->is_leaf(); }

bool ct_tensor_is_same(ct_tensor left, ct_tensor right) noexcept { return left == right; }

ct_status ct_tensor_item(ct_tensor tensor, double *result) noexcept {
  return boundary([&] {
    checkMemory(unwrap(tensor));
    *result = unwrap(tensor)->item().toDouble();
  });
}

ct_status ct_tensor_item_int(ct_tensor tensor, ct_int *result) noexcept {
  return boundary([&] {
    checkMemory(unwrap(tensor));
    *result = unwrap(tensor)->item().toLong();
  });
}

ct_status ct_tensor_read(ct_tensor tensor, int32_t type, void *destination) noexcept {
  return boundary([&] {
    at::NoGradGuard noGradients;
    checkMemory(unwrap(tensor));
    if (unwrap(tensor)->numel() == 0) return;
    rowMajorView(unwrap(tensor), destination, type).copy_(unwrap(tensor));
  });
}

ct_status ct_tensor_write(ct_tensor tensor, int32_t type, const void *source) noexcept {
  return boundary([&] {
    at::NoGradGuard noGradients;
    checkMemory(unwrap(tensor));
    if (unwrap(tensor)->numel() == 0) return;
    unwrap(tensor)->copy_(rowMajorView(unwrap(tensor), const_cast<void *>(source), type));
  });
}

ct_status ct_tensor_to_dtype(ct_tensor tensor, int32_t type, ct_tensor *result) noexcept {
  return boundary([&] { *result = wrap(unwrap(tensor)->to(dtype(type))); });
}

ct_status ct_tensor_to_device(ct_tensor tensor, ct_device place, ct_tensor *result) noexcept {
  return boundary([&] { *result = wrap(unwrap(tensor)->to(device(place))); });
}

ct_status ct_tensor_contiguous(ct_tensor tensor, ct_tensor *result) noexcept {
  return boundary([&] { *result = wrap(unwrap(tensor)->contiguous()); });
}

ct_status ct_tensor_clone(ct_tensor tensor, ct_tensor *result) noexcept {
  return boundary([&] { *result = wrap(unwrap(tensor)->clone()); });
}

ct_status ct_tensor_detach(ct_tensor tensor, ct_tensor *result) noexcept {
  return boundary([&] { *result = wrap(unwrap(tensor)->detach()); });
}

}  // extern "C"
