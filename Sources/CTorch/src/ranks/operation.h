// One operation under way, and the thread that brings operations to their end.
#pragma once

#include <ATen/core/Tensor.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "../boundary.h"
#include "ctorch/process_group.h"

namespace ct {

inline ct_traffic withinHost(ct_int bytes) { return {bytes, 0}; }

inline ct_traffic operator+(ct_traffic left, ct_traffic right) {
  return {left.within_host + right.within_host, left.between_hosts + right.between_hosts};
}

// Thrown when the connection to a rank of the group has ended.
class PeerError : public std::runtime_error {
 public:
  PeerError(int peer, const char *what) : std::runtime_error(what), peer(peer) {}
  const int peer;
};

// `start` does what can be done at once, `finish` the rest and waits for its end. Whoever needs the result first
// runs `finish`: the caller who waits, or the group's thread.
class Operation {
 public:
  explicit Operation(std::vector<at::Tensor> tensors) : tensors_(std::move(tensors)) {}
  virtual ~Operation() = default;
  virtual void start() = 0;
  // Starts it and takes the time.
  void begin();
  // Brings it to its end, unless somebody else does.
  virtual void advance();
  // True if nobody else waits for what this rank has still to do: then its caller does it.
  virtual bool isLeftToCaller() const { return false; }
  virtual bool isClaimed() const { return isClaimed_.load(); }
  // Ends the waiting for other ranks; `finish` fails.
  virtual void abort() = 0;
  // Bytes that this rank has given to others.
  virtual ct_traffic traffic() const = 0;

  // Throws the failure, or TimeoutError.
  void wait(ct_int timeout);
  bool isCompleted();
  // The rank whose connection failed, or -1.
  int failedPeer();
  // What it took: from its start to its end, or until now; of one that is left to the caller, what was done in it.
  std::chrono::nanoseconds elapsed();
  // What to call when the caller looks without waiting.
  void whenLookedAt(std::function<void()> action);

 protected:
  virtual void finish() = 0;
  // Runs `finish` and keeps how it ended.
  void settle();

 private:
  void handOver();

  // Kept alive until the operation has ended well: other ranks' data comes and goes there. Who counts the references
  // of a tensor must not find one that only waits for a thread.
  std::vector<at::Tensor> tensors_;
  std::mutex mutex_;
  std::condition_variable ended_;
  std::atomic<bool> isClaimed_{false};
  bool isDone_ = false;
  std::chrono::steady_clock::time_point start_;
  std::chrono::nanoseconds duration_{0};
  std::string failure_;
  int failedPeer_ = -1;
  std::function<void()> whenLookedAt_;
};

// Brings operations to their end in the order in which they were started.
class Driver {
 public:
  ~Driver();
  void add(std::shared_ptr<Operation> operation);

 private:
  void run();
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<Operation>> waiting_;
  bool isStopped_ = false;
  std::thread thread_;
};

}  // namespace ct
