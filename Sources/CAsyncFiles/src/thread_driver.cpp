// pread and pwrite on threads.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "driver.h"

namespace ca {
namespace {

// Deeper queues wait for a free thread.
constexpr int mostThreads = 64;

class ThreadDriver final : public Driver {
 public:
  explicit ThreadDriver(int depth) : limit_(static_cast<size_t>(std::clamp(depth, 1, mostThreads))) {}

  ~ThreadDriver() override {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      isStopping_ = true;
    }
    hasWork_.notify_all();
    for (std::thread &thread : threads_) thread.join();
  }

  void start(Block &block) override {
    std::lock_guard<std::mutex> lock(mutex_);
    waiting_.push_back(&block);
    // Threads start when they are first needed, and inherit the worker's signal mask.
    if (idle_ < waiting_.size() && threads_.size() < limit_) threads_.emplace_back([this] { serve(); });
    hasWork_.notify_one();
  }

  void flush() override {}

  void wait(std::vector<Block *> &ended) override {
    std::unique_lock<std::mutex> lock(mutex_);
    hasNews_.wait(lock, [&] { return isWoken_ || !ended_.empty(); });
    isWoken_ = false;
    ended.insert(ended.end(), ended_.begin(), ended_.end());
    ended_.clear();
  }

  void wake() override {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      isWoken_ = true;
    }
    hasNews_.notify_one();
  }

 private:
  void serve() {
    std::unique_lock<std::mutex> lock(mutex_);
    while (true) {
      idle_ += 1;
      hasWork_.wait(lock, [&] { return isStopping_ || !waiting_.empty(); });
      idle_ -= 1;
      if (waiting_.empty()) return;
      Block *block = waiting_.front();
      waiting_.pop_front();
      lock.unlock();
      char *address = block->address + block->done;
      const auto count = static_cast<size_t>(block->byteCount - block->done);
      const off_t offset = block->offset + block->done;
      const ssize_t result = block->isWrite ? pwrite(block->descriptor, address, count, offset)
                                            : pread(block->descriptor, address, count, offset);
      block->result = result < 0 ? -errno : result;
      lock.lock();
      ended_.push_back(block);
      hasNews_.notify_one();
    }
  }

  const size_t limit_;
  std::mutex mutex_;
  std::condition_variable hasWork_;
  std::condition_variable hasNews_;
  std::deque<Block *> waiting_;
  std::vector<Block *> ended_;
  std::vector<std::thread> threads_;
  size_t idle_ = 0;
  bool isWoken_ = false;
  bool isStopping_ = false;
};

}  // namespace

std::unique_ptr<Driver> makeThreadDriver(int depth) { return std::make_unique<ThreadDriver>(depth); }

}  // namespace ca
