// Generators and random tensors.
#include "boundary.h"

#include "ctorch/random.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/randperm.h>

#include <mutex>

using namespace ct;

namespace {

at::Generator generator(ct_generator handle) { return *unwrapGenerator(handle); }

}  // namespace

extern "C" {

ct_status ct_generator_create(uint64_t seed, ct_device place, ct_generator *result) noexcept {
  return boundary([&] {
    c10::Device where = device(place);
    at::Generator made;
    if (where.type() == c10::DeviceType::CPU) {
      made = at::make_generator<at::CPUGeneratorImpl>(seed);
    } else {
      TORCH_CHECK_NOT_IMPLEMENTED(
          where.type() == c10::DeviceType::CUDA, "a generator on ", where, "; use one on cpu or cuda");
      made = at::detail::getCUDAHooks().getNewGenerator(where.index());
      made.set_current_seed(seed);
    }
    *result = reinterpret_cast<ct_generator>(made.unsafeReleaseGeneratorImpl());
  });
}

void ct_generator_release(ct_generator handle) noexcept {
  c10::raw::intrusive_ptr::decref(reinterpret_cast<c10::GeneratorImpl *>(handle));
}

ct_status ct_generator_set_seed(ct_generator handle, uint64_t seed) noexcept {
  return boundary([&] {
    at::Generator source = generator(handle);
    std::lock_guard<std::mutex> lock(source.mutex());
    source.set_current_seed(seed);
  });
}

uint64_t ct_generator_seed(ct_generator handle) noexcept {
  at::Generator source = generator(handle);
  std::lock_guard<std::mutex> lock(source.mutex());
  return source.current_seed();
}

ct_status ct_generator_state(ct_generator handle, ct_tensor *result) noexcept {
  return boundary([&] {
    at::Generator source = generator(handle);
    std::lock_guard<std::mutex> lock(source.mutex());
    *result = wrap(source.get_state());
  });
}

ct_status ct_generator_set_state(ct_generator handle, ct_tensor state) noexcept {
  return boundary([&] {
    at::Generator source = generator(handle);
    std::lock_guard<std::mutex> lock(source.mutex());
    source.set_state(unwrap(state));
  });
}

ct_status ct_tensor_randn(
    const ct_int *sizes, size_t dims, ct_generator source, int32_t type, ct_device place,
    ct_tensor *result) noexcept {
  return boundary(
      [&] { *result = wrap(at::randn(ints(sizes, dims), unwrapGenerator(source), options(type, place))); });
}

ct_status ct_tensor_rand(
    const ct_int *sizes, size_t dims, ct_generator source, int32_t type, ct_device place,
    ct_tensor *result) noexcept {
  return boundary(
      [&] { *result = wrap(at::rand(ints(sizes, dims), unwrapGenerator(source), options(type, place))); });
}

ct_status ct_tensor_randint(
    ct_int low, ct_int high, const ct_int *sizes, size_t dims, ct_generator source, int32_t type,
    ct_device place, ct_tensor *result) noexcept {
  return boundary([&] {
    *result =
        wrap(at::randint(low, high, ints(sizes, dims), unwrapGenerator(source), options(type, place)));
  });
}

ct_status ct_tensor_randperm(
    ct_int count, ct_generator source, int32_t type, ct_device place, ct_tensor *result) noexcept {
  return boundary(
      [&] { *result = wrap(at::randperm(count, unwrapGenerator(source), options(type, place))); });
}

}  // extern "C"
