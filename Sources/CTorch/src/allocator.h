// The CPU allocator of this process: libtorch's own memory, counted, with failures of the right class.
#pragma once

namespace ct {

void installAllocator();

}  // namespace ct
