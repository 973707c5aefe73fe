// How blocks reach the kernel.
#pragma once

#include <memory>
#include <vector>

#include "operation.h"

namespace ca {

// Used by one worker's thread, except for `wake`.
class Driver {
 public:
  virtual ~Driver() = default;
  // Takes a block; the kernel sees it at the latest with the next `flush` or `wait`.
  virtual void start(Block &block) = 0;
  // Hands everything taken to the kernel.
  virtual void flush() = 0;
  // Waits until a block has ended or somebody called `wake`; appends those that have ended.
  virtual void wait(std::vector<Block *> &ended) = 0;
  // Lets `wait` return; from any thread.
  virtual void wake() = 0;
};

// At most `depth` blocks at a time. Yields 0, or the errno value with which the kernel refuses.
int makeRingDriver(int depth, std::unique_ptr<Driver> &result);
std::unique_ptr<Driver> makeThreadDriver(int depth);

}  // namespace ca
