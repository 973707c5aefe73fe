// One read or write of a caller, and the pieces that it is made of.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>

#include "casyncfiles.h"

namespace ca {

// Ends when each of its bytes was transferred, or given up after an error.
class Operation {
 public:
  explicit Operation(int64_t byteCount) : pending_(byteCount) {}

  // `byteCount` bytes are done.
  void finish(int64_t byteCount);
  // The `byteCount` bytes from `offset` on are given up. Of several failures the one at the lowest offset counts.
  void fail(int32_t error, int64_t offset, int64_t byteCount);
  bool hasFailed();
  bool hasEnded();
  ca_result wait();

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  int64_t pending_;
  ca_result result_ = {0, INT64_MAX};
};

// A range of bytes of one operation, the work of one worker.
struct Slice {
  std::shared_ptr<Operation> operation;
  ca_file file;
  bool isWrite;
  char *memory;
  int64_t offset;
  int64_t byteCount;
};

// What the kernel is asked for at once.
struct Block {
  std::shared_ptr<Operation> operation;
  ca_file file;
  bool isWrite;
  // The descriptor in use.
  int descriptor;
  // The caller's memory.
  char *memory;
  // Where the kernel reads or writes: the caller's memory, or `bounce`.
  char *address;
  int64_t offset;
  int64_t byteCount;
  // Bytes that earlier tries transferred.
  int64_t done;
  // What the last try yielded: bytes, or a negative errno value.
  int64_t result;
  // Aligned memory of this block's own; made when it is first needed.
  std::unique_ptr<char[], void (*)(void *)> bounce{nullptr, nullptr};

  bool usesBounce() const { return address != memory; }
};

}  // namespace ca
