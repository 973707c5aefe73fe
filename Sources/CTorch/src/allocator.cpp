// libtorch reports a failed CPU allocation as a plain error; as an out-of-memory error it can be told apart.
#include "boundary.h"

#include "allocator.h"

#include <c10/core/CPUAllocator.h>
#include <c10/core/impl/alloc_cpu.h>
#include <c10/util/Exception.h>
#include <malloc.h>

#include "ctorch/runtime.h"

namespace ct {
namespace {

std::atomic<int64_t> allocated{0};
std::atomic<int64_t> peak{0};

void raisePeak(int64_t now) noexcept {
  int64_t seen = peak.load(std::memory_order_relaxed);
  while (now > seen && !peak.compare_exchange_weak(seen, now, std::memory_order_relaxed)) {
  }
}

void release(void *memory) {
  if (memory == nullptr) return;
  allocated.fetch_sub(static_cast<int64_t>(malloc_usable_size(memory)), std::memory_order_relaxed);
  c10::free_cpu(memory);
}

class CountingAllocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t size) override {
    void *memory = obtain(size);
    if (memory != nullptr) {
      auto usable = static_cast<int64_t>(malloc_usable_size(memory));
      raisePeak(allocated.fetch_add(usable, std::memory_order_relaxed) + usable);
    }
    return {memory, memory, &release, c10::Device(c10::DeviceType::CPU)};
  }

  c10::DeleterFnPtr raw_deleter() const override { return &release; }

  void copy_data(void *destination, const void *source, std::size_t count) const override {
    default_copy_data(destination, source, count);
  }

 private:
  static void *obtain(size_t size) {
    try {
      return c10::alloc_cpu(size);
    } catch (const c10::Error &) {
      TORCH_CHECK_WITH(OutOfMemoryError, false, "no memory for a tensor of ", size, " bytes");
    }
  }
};

}  // namespace

void installAllocator() {
  static auto *allocator = new CountingAllocator;
  c10::SetCPUAllocator(allocator);
}

}  // namespace ct

extern "C" {

ct_int ct_memory_allocated(void) noexcept { return ct::allocated.load(std::memory_order_relaxed); }

ct_int ct_memory_peak(void) noexcept { return ct::peak.load(std::memory_order_relaxed); }

void ct_memory_reset_peak(void) noexcept {
  ct::peak.store(ct::allocated.load(std::memory_order_relaxed), std::memory_order_relaxed);
}

}  // extern "C"
