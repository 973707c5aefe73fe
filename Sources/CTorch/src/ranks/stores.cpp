#include "stores.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>

// One body per instruction set, chosen when the program is loaded.
#if defined(__x86_64__)
#define CT_CLONES __attribute__((target_clones("default", "avx2", "avx512f")))
#else
#define CT_CLONES
#endif

namespace ct {
namespace {

constexpr size_t lineBytes = 64;
// What tells how far the readers are: long enough to be timed, a small part of a slot.
constexpr size_t probeBytes = 4096;
// Bytes a nanosecond below which the readers share no cache with this core. Measured: 8 to 20 near, 2 far.
constexpr double farSpeed = 4;

typedef uint8_t Line __attribute__((vector_size(64)));
typedef uint8_t LooseLine __attribute__((vector_size(64), aligned(1)));

// `target` begins on a cache line.
CT_CLONES void streamLines(uint8_t *target, const uint8_t *source, size_t lines) {
  for (size_t line = 0; line < lines; ++line) {
    const Line value = *reinterpret_cast<const LooseLine *>(source + line * lineBytes);
    __builtin_nontemporal_store(value, reinterpret_cast<Line *>(target + line * lineBytes));
  }
}

CT_CLONES void storeLines(uint8_t *target, const Line *source, size_t lines) {
  for (size_t line = 0; line < lines; ++line) {
    *reinterpret_cast<LooseLine *>(target + line * lineBytes) = source[line];
  }
}

// Copies the first block, and times its stores, none of its loads.
Stores probe(uint8_t *target, const uint8_t *source) {
  Line block[probeBytes / lineBytes];
  std::memcpy(block, source, probeBytes);
  const auto start = std::chrono::steady_clock::now();
  storeLines(target, block, probeBytes / lineBytes);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  const std::chrono::duration<double, std::nano> time = std::chrono::steady_clock::now() - start;
  return probeBytes < farSpeed * time.count() ? Stores::streamed : Stores::cached;
}

}  // namespace

void orderStreamedStores() {
#if defined(__x86_64__)
  __builtin_ia32_sfence();
#else
  std::atomic_thread_fence(std::memory_order_release);
#endif
}

void copyBytes(void *target, const void *source, size_t bytes, Stores stores) {
  auto *to = static_cast<uint8_t *>(target);
  const auto *from = static_cast<const uint8_t *>(source);
  const size_t head = std::min(bytes, -reinterpret_cast<uintptr_t>(to) % lineBytes);
  const size_t lines = (bytes - head) / lineBytes;
  if (stores == Stores::cached || lines == 0) {
    if (bytes > 0) std::memcpy(to, from, bytes);
    return;
  }
  const size_t tail = head + lines * lineBytes;
  if (head > 0) std::memcpy(to, from, head);
  streamLines(to + head, from + head, lines);
  if (tail < bytes) std::memcpy(to + tail, from + tail, bytes - tail);
  orderStreamedStores();
}

void SharedCopy::put(void *target, const void *source, size_t bytes) {
  auto *to = static_cast<uint8_t *>(target);
  const auto *from = static_cast<const uint8_t *>(source);
  if (!isKnown_ && bytes >= 2 * probeBytes) {
    stores_ = probe(to, from);
    isKnown_ = true;
    to += probeBytes;
    from += probeBytes;
    bytes -= probeBytes;
  }
  copyBytes(to, from, bytes, stores_);
}

}  // namespace ct
