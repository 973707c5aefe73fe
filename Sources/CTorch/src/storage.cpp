// Memory behind tensors: foreign memory, addresses, sharing, resizing.
#include "boundary.h"

#include "ctorch/storage.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/zeros.h>
#include <c10/core/StorageImpl.h>
#include <torch/csrc/autograd/variable.h>

#include <algorithm>

#include "allocator.h"
#include "large_blocks.h"

using namespace ct;

namespace {

c10::StorageImpl *storage(ct_tensor tensor) {
  return unwrap(tensor)->storage().unsafeGetStorageImpl();
}

bool hasStorage(ct_tensor tensor) { return reinterpret_cast<c10::TensorImpl *>(tensor)->has_storage(); }

}  // namespace

extern "C" {

ct_status ct_tensor_from_memory(
    void *memory, const ct_int *sizes, size_t dims, int32_t type, ct_owned owner,
    ct_tensor *result) noexcept {
  return boundary([&] {
    Owned kept(owner);
    if (memory == nullptr) {
      *result = wrap(at::empty(ints(sizes, dims), at::TensorOptions().dtype(dtype(type))));
      return;
    }
    *result = wrap(at::from_blob(
        memory, ints(sizes, dims), [kept](void *) mutable { kept.drop(); },
        at::TensorOptions().dtype(dtype(type))));
  });
}

ct_status ct_tensor_zero_pages(
    const ct_int *sizes, size_t dims, int32_t type, ct_tensor *result) noexcept {
  return boundary([&] {
    const at::TensorOptions options = at::TensorOptions().dtype(dtype(type));
    const auto count = static_cast<size_t>(c10::multiply_integers(ints(sizes, dims)));
    const size_t size = count * c10::elementSize(dtype(type));
    if (size < ct::LargeBlocks::smallest) {
      *result = wrap(at::zeros(ints(sizes, dims), options));
      return;
    }
    void *memory = ct::mapZeroPages(size);
    *result = wrap(at::from_blob(
        memory, ints(sizes, dims), [size](void *pages) { ct::unmapZeroPages(pages, size); }, options));
  });
}

void *ct_tensor_data(ct_tensor tensor) noexcept {
  auto *impl = reinterpret_cast<c10::TensorImpl *>(tensor);
  if (!impl->has_storage() || impl->storage().nbytes() == 0) return nullptr;
  return impl->mutable_data();
}

ct_int ct_tensor_storage_offset(ct_tensor tensor) noexcept {
  return reinterpret_cast<c10::TensorImpl *>(tensor)->storage_offset();
}

ct_int ct_storage_byte_count(ct_tensor tensor) noexcept {
  return hasStorage(tensor) ? static_cast<ct_int>(storage(tensor)->nbytes()) : 0;
}

bool ct_storage_is_shared(ct_tensor left, ct_tensor right) noexcept {
  return hasStorage(left) && hasStorage(right) && storage(left) == storage(right);
}

ct_int ct_storage_use_count(ct_tensor tensor) noexcept {
  return hasStorage(tensor) ? static_cast<ct_int>(unwrap(tensor)->storage().use_count()) : 0;
}

ct_int ct_tensor_use_count(ct_tensor tensor) noexcept {
  Borrowed own(tensor);
  const auto count = static_cast<ct_int>(own->use_count());
  return torch::autograd::impl::try_get_grad_accumulator(*own) ? count - 1 : count;
}

uintptr_t ct_storage_identity(ct_tensor tensor) noexcept {
  return hasStorage(tensor) ? reinterpret_cast<uintptr_t>(storage(tensor)) : 0;
}

ct_status ct_storage_resize(ct_tensor tensor, ct_int byteCount) noexcept {
  return boundary([&] {
    TORCH_CHECK(byteCount >= 0, "a storage cannot have ", byteCount, " bytes");
    c10::StorageImpl *impl = storage(tensor);
    auto wanted = static_cast<size_t>(byteCount);
    if (impl->device_type() == c10::DeviceType::Meta) {
      impl->set_nbytes(wanted);
      return;
    }
    TORCH_CHECK(
        impl->resizable(),
        "the storage's memory belongs to somebody else (a file map or a caller) and keeps its ",
        impl->nbytes(), " bytes; copy the tensor first");
    c10::Allocator *allocator = impl->allocator();
    c10::DataPtr grown = allocator->allocate(wanted);
    size_t kept = std::min(wanted, impl->nbytes());
    if (kept > 0) allocator->copy_data(grown.get(), impl->data(), kept);
    impl->set_data_ptr_noswap(std::move(grown));
    impl->set_nbytes(wanted);
  });
}

}  // extern "C"
