// Loops on libtorch's threads, by its stable C interface: the header's own template would run serially here,
// because the compiler has no OpenMP.
#include "ctorch/parallel.h"

#include <torch/csrc/stable/c/shim.h>

#include <exception>

namespace {

struct Loop {
  ct_range_body body;
  void *argument;
};

void runRange(int64_t begin, int64_t end, void *context) {
  const auto *loop = static_cast<const Loop *>(context);
  loop->body(loop->argument, begin, end);
}

}  // namespace

extern "C" void ct_parallel_for(
    void *, int64_t begin, int64_t end, int64_t grain, ct_range_body body, void *argument) noexcept {
  Loop loop{body, argument};
  // Bodies do not throw, so the only failure is that of libtorch to run its own threads, halfway through.
  if (torch_parallel_for(begin, end, grain, runRange, &loop) != 0) std::terminate();
}
