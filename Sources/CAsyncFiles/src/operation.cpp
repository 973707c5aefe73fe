#include "operation.h"

namespace ca {

void Operation::finish(int64_t byteCount) {
  std::lock_guard<std::mutex> lock(mutex_);
  pending_ -= byteCount;
  if (pending_ == 0) ended_.notify_all();
}

void Operation::fail(int32_t error, int64_t offset, int64_t byteCount) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (offset < result_.offset) result_ = {error, offset};
  pending_ -= byteCount;
  if (pending_ == 0) ended_.notify_all();
}

bool Operation::hasFailed() {
  std::lock_guard<std::mutex> lock(mutex_);
  return result_.error != 0;
}

bool Operation::hasEnded() {
  std::lock_guard<std::mutex> lock(mutex_);
  return pending_ == 0;
}

ca_result Operation::wait() {
  std::unique_lock<std::mutex> lock(mutex_);
  ended_.wait(lock, [&] { return pending_ == 0; });
  return result_;
}

}  // namespace ca
