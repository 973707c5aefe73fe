// Two ways of writing bytes: into the cache, or past it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ct {

enum class Stores {
  // For what is read again soon.
  cached,
  // Does not fetch what is overwritten, and leaves the cache to others.
  streamed,
};

// The stores for results of which the ranks of a host write so many bytes together: large ones do not
// stay in the cache that they share.
inline Stores storesFor(size_t bytes) {
  constexpr size_t cacheBytes = size_t{8} << 20;
  return bytes >= cacheBytes ? Stores::streamed : Stores::cached;
}

// Copies ranges that do not overlap. Whoever sees a later store of this thread sees what was streamed.
void copyBytes(void *target, const void *source, size_t bytes, Stores stores);

// To be called after streaming by other means, so that nobody sees a later store before what was streamed.
void orderStreamedStores();

// Copies into memory that other cores have read. Cores that share a cache give lines back quickly; between
// others it takes ten times as long, and writing past the cache is faster. The first block of a copy tells
// which: cores are near or far by where the system, or a hypervisor, puts the ranks at the moment.
class SharedCopy {
 public:
  void put(void *target, const void *source, size_t bytes);

 private:
  bool isKnown_ = false;
  Stores stores_ = Stores::cached;
};

}  // namespace ct
