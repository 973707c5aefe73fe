#include "large_blocks.h"

#include <sys/mman.h>

#include <algorithm>
#include <iterator>

namespace ct {
namespace {

constexpr size_t page = 4096;
constexpr size_t hugePage = size_t(2) << 20;
// The least that is mapped at once.
constexpr size_t region = size_t(16) << 20;
// Waiting memory that is always kept: what a model leaves when it moves into its flat buffers serves the
// activations, instead of being cleared by the kernel once more.
constexpr size_t keptAlways = size_t(256) << 20;

constexpr int protection = PROT_READ | PROT_WRITE;

uintptr_t alignUp(uintptr_t value, size_t alignment) { return (value + alignment - 1) & ~(alignment - 1); }

// Fresh memory at a huge page's start: more is mapped than needed, and what lies around it unmapped.
void *mapAligned(size_t size) {
  size_t reserved = size + hugePage;
  void *memory = mmap(nullptr, reserved, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  auto begin = reinterpret_cast<uintptr_t>(memory);
  uintptr_t aligned = alignUp(begin, hugePage);
  if (aligned > begin) munmap(memory, aligned - begin);
  uintptr_t end = aligned + size;
  if (begin + reserved > end) munmap(reinterpret_cast<void *>(end), begin + reserved - end);
  return reinterpret_cast<void *>(aligned);
}

// Fresh memory that ends at `end`; nullptr where something else is mapped there.
void *mapBelow(uintptr_t end, size_t size) {
  if (end <= size) return nullptr;
  auto *wanted = reinterpret_cast<void *>(end - size);
  void *memory = mmap(
      wanted, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  if (memory == wanted) return memory;
  // An old kernel takes the address for a wish.
  munmap(memory, size);
  return nullptr;
}

}  // namespace

LargeBlocks &LargeBlocks::shared() {
  static auto *blocks = new LargeBlocks;
  return *blocks;
}

void *LargeBlocks::allocate(size_t size, size_t &granted) {
  if (size > SIZE_MAX / 2) return nullptr;
  size = alignUp(size, page);
  std::lock_guard<std::mutex> lock(mutex_);
  void *memory = take(size);
  if (memory == nullptr) {
    if (!grow(size)) return nullptr;
    memory = take(size);
  }
  granted = size;
  return memory;
}

size_t LargeBlocks::release(void *memory) {
  auto begin = reinterpret_cast<uintptr_t>(memory);
  std::lock_guard<std::mutex> lock(mutex_);
  auto found = used_.find(begin);
  if (found == used_.end()) return 0;
  size_t size = found->second;
  used_.erase(found);
  usedBytes_ -= size;
  addFree(begin, size);
  return size;
}

void LargeBlocks::trim() {
  std::lock_guard<std::mutex> lock(mutex_);
  evict(0);
  peakBytes_ = usedBytes_;
}

size_t LargeBlocks::waiting() {
  std::lock_guard<std::mutex> lock(mutex_);
  return freeBytes_;
}

// From the smallest free range that is large enough; what is left of it stays free.
void *LargeBlocks::take(size_t size) {
  auto fit = freeBySize_.lower_bound({size, 0});
  if (fit == freeBySize_.end()) return nullptr;
  auto [fitSize, begin] = *fit;
  removeFree(begin, fitSize);
  if (fitSize > size) addFree(begin + size, fitSize - size);
  used_.emplace(begin, size);
  usedBytes_ += size;
  peakBytes_ = std::max(peakBytes_, usedBytes_);
  return reinterpret_cast<void *>(begin);
}

// Makes room for `size`. The last region grows downwards, as addresses go, so that what waits at its lower
// end is a part of the room and neighbours join.
bool LargeBlocks::grow(size_t size) {
  size_t peak = std::max(peakBytes_, usedBytes_ + size);
  evict(std::max(peak + peak / 4 - usedBytes_ - size, keptAlways));
  auto lowest = free_.find(lowest_);
  size_t there = lowest == free_.end() ? 0 : lowest->second;
  size_t wanted = std::max(alignUp(size - there, hugePage), region);
  void *memory = mapBelow(lowest_, wanted);
  if (memory == nullptr) {
    wanted = std::max(alignUp(size, hugePage), region);
    memory = mapAligned(wanted);
  }
  if (memory == nullptr) {
    evict(0);
    wanted = alignUp(size, hugePage);
    memory = mapAligned(wanted);
  }
  if (memory == nullptr) return false;
  // Advice: without huge pages the memory is as good, only slower at first touch.
  madvise(memory, wanted, MADV_HUGEPAGE);
  lowest_ = reinterpret_cast<uintptr_t>(memory);
  addFree(lowest_, wanted);
  return true;
}

void LargeBlocks::addFree(uintptr_t begin, size_t size) {
  auto next = free_.lower_bound(begin);
  if (next != free_.end() && next->first == begin + size) {
    size_t nextSize = next->second;
    removeFree(begin + size, nextSize);
    size += nextSize;
  }
  auto after = free_.lower_bound(begin);
  if (after != free_.begin()) {
    auto [previous, previousSize] = *std::prev(after);
    if (previous + previousSize == begin) {
      removeFree(previous, previousSize);
      begin = previous;
      size += previousSize;
    }
  }
  free_.emplace(begin, size);
  freeBySize_.emplace(size, begin);
  freeBytes_ += size;
}

void LargeBlocks::removeFree(uintptr_t begin, size_t size) {
  free_.erase(begin);
  freeBySize_.erase({size, begin});
  freeBytes_ -= size;
}

// Unmaps free ranges, the largest first, until at most `limit` bytes wait.
void LargeBlocks::evict(size_t limit) {
  while (freeBytes_ > limit) {
    auto [size, begin] = *std::prev(freeBySize_.end());
    munmap(reinterpret_cast<void *>(begin), size);
    if (begin == lowest_) lowest_ = begin + size;
    removeFree(begin, size);
  }
}

}  // namespace ct
