// libtorch's CPU memory: counted, kept for reuse when it is large, and failing with an error of its own
// class.
#include "boundary.h"

#include "allocator.h"

#include <c10/core/CPUAllocator.h>
#include <c10/core/impl/alloc_cpu.h>
#include <c10/util/Exception.h>
#include <malloc.h>
#include <sys/mman.h>

#include "ctorch/runtime.h"
#include "large_blocks.h"

namespace ct {
namespace {

std::atomic<int64_t> allocated{0};
std::atomic<int64_t> peak{0};

void count(size_t size) noexcept {
  auto bytes = static_cast<int64_t>(size);
  int64_t now = allocated.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  int64_t seen = peak.load(std::memory_order_relaxed);
  while (now > seen && !peak.compare_exchange_weak(seen, now, std::memory_order_relaxed)) {
  }
}

void discount(size_t size) noexcept {
  allocated.fetch_sub(static_cast<int64_t>(size), std::memory_order_relaxed);
}

void releaseSmall(void *memory) {
  if (memory == nullptr) return;
  discount(malloc_usable_size(memory));
  c10::free_cpu(memory);
}

void releaseLarge(void *memory) { discount(LargeBlocks::shared().release(memory)); }

// For memory of either kind, where libtorch keeps the address only.
void releaseAny(void *memory) {
  if (memory == nullptr) return;
  if (size_t size = LargeBlocks::shared().release(memory)) {
    discount(size);
  } else {
    releaseSmall(memory);
  }
}

class Allocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t size) override {
    c10::Device cpu(c10::DeviceType::CPU);
    if (size < LargeBlocks::smallest) {
      void *memory = c10::alloc_cpu(size);
      if (memory != nullptr) count(malloc_usable_size(memory));
      return {memory, memory, &releaseSmall, cpu};
    }
    size_t granted = 0;
    void *memory = LargeBlocks::shared().allocate(size, granted);
    // libtorch's own allocator reports this as a plain error, which could not be told from a wrong argument.
    TORCH_CHECK_WITH(OutOfMemoryError, memory != nullptr, "no memory for a tensor of ", size, " bytes");
    count(granted);
    return {memory, memory, &releaseLarge, cpu};
  }

  c10::DeleterFnPtr raw_deleter() const override { return &releaseAny; }

  void copy_data(void *destination, const void *source, std::size_t size) const override {
    default_copy_data(destination, source, size);
  }
};

}  // namespace

void installAllocator() {
  static auto *allocator = new Allocator;
  c10::SetCPUAllocator(allocator);
}

void *mapZeroPages(size_t size) {
  void *memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  TORCH_CHECK_WITH(OutOfMemoryError, memory != MAP_FAILED, "no memory for a tensor of ", size, " bytes");
  count(size);
  return memory;
}

void unmapZeroPages(void *memory, size_t size) noexcept {
  munmap(memory, size);
  discount(size);
}

}  // namespace ct

extern "C" {

ct_int ct_memory_allocated(void) noexcept { return ct::allocated.load(std::memory_order_relaxed); }

ct_int ct_memory_peak(void) noexcept { return ct::peak.load(std::memory_order_relaxed); }

void ct_memory_reset_peak(void) noexcept {
  ct::peak.store(ct::allocated.load(std::memory_order_relaxed), std::memory_order_relaxed);
}

ct_int ct_memory_waiting(void) noexcept {
  return static_cast<ct_int>(ct::LargeBlocks::shared().waiting());
}

void ct_memory_trim(void) noexcept {
  ct::LargeBlocks::shared().trim();
  // Small tensors live among the other small things of the process.
  malloc_trim(0);
}

}  // extern "C"
