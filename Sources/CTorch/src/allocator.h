// The CPU allocator of this process: libtorch's own memory, counted, with failures of the right class.
#pragma once

#include <cstddef>

namespace ct {

void installAllocator();

// `size` bytes of zeros, counted like all memory; the system backs each page when it is first written. Throws
// c10::OutOfMemoryError.
void *mapZeroPages(size_t size);
void unmapZeroPages(void *memory, size_t size) noexcept;

}  // namespace ct
