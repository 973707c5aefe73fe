// Large pieces of CPU memory, kept for the next tensors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <unordered_map>
#include <utility>

namespace ct {

// A training step asks for the same memory again and again. The system's allocator returns large pieces to
// the kernel, which hands them out zeroed, page by page: slower than much of the arithmetic on them. Here the
// memory of a tensor that ended waits for the next one, joined with its free neighbours, in huge pages where
// the kernel has them.
//
// Before more is mapped, waiting memory is given back until all that is held stays within what has been in
// use at once plus a quarter, or 256 MiB wait: the peak of a process stays near that of one without waiting
// memory.
class LargeBlocks {
 public:
  // From this size on a tensor's memory comes from here.
  static constexpr size_t smallest = size_t(64) << 10;

  // Never destroyed: tensors may outlive every static object.
  static LargeBlocks &shared();

  // Memory aligned to a page, and its size in `granted`; nullptr if the system has none left.
  void *allocate(size_t size, size_t &granted);
  // The size of memory that came from here and now waits for its next use; 0 for memory from elsewhere.
  size_t release(void *memory);
  // Gives all waiting memory back to the system.
  void trim();
  // Bytes waiting.
  size_t waiting();

 private:
  void *take(size_t size);
  bool grow(size_t size);
  void addFree(uintptr_t begin, size_t size);
  void removeFree(uintptr_t begin, size_t size);
  void evict(size_t limit);

  std::mutex mutex_;
  std::unordered_map<uintptr_t, size_t> used_;
  std::map<uintptr_t, size_t> free_;
  std::set<std::pair<size_t, uintptr_t>> freeBySize_;
  size_t usedBytes_ = 0;
  size_t freeBytes_ = 0;
  size_t peakBytes_ = 0;
  // Where the region that was mapped last begins.
  uintptr_t lowest_ = 0;
};

}  // namespace ct
