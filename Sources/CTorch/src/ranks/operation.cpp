#include "operation.h"

#include <c10/util/Exception.h>

#include <chrono>
#include <utility>

namespace ct {
namespace {

// How long the group's thread leaves a new operation to a caller that waits for it at once.
constexpr auto callerPrecedence = std::chrono::microseconds(200);

}  // namespace

void Operation::advance() {
  if (!isClaimed_.exchange(true)) settle();
}

void Operation::begin() {
  start_ = std::chrono::steady_clock::now();
  start();
  std::lock_guard lock(mutex_);
  if (isLeftToCaller() && !isDone_) duration_ = std::chrono::steady_clock::now() - start_;
}

std::chrono::nanoseconds Operation::elapsed() {
  std::lock_guard lock(mutex_);
  if (isDone_ || isLeftToCaller()) return duration_;
  return std::chrono::steady_clock::now() - start_;
}

void Operation::settle() {
  const auto settling = std::chrono::steady_clock::now();
  std::string failure;
  int failedPeer = -1;
  try {
    finish();
  } catch (const PeerError &error) {
    failure = error.what();
    failedPeer = error.peer;
  } catch (const c10::Error &error) {
    failure = error.what_without_backtrace();
  } catch (const std::exception &error) {
    failure = error.what();
  } catch (...) {
    failure = "an exception of unknown type";
  }
  // What failed leaves other messages under way, whose memory must not go before them.
  if (failure.empty()) {
    tensors_.clear();
  } else {
    abort();
  }
  {
    std::lock_guard lock(mutex_);
    failure_ = failure;
    failedPeer_ = failedPeer;
    const auto end = std::chrono::steady_clock::now();
    duration_ = isLeftToCaller() ? duration_ + (end - settling) : end - start_;
    isDone_ = true;
  }
  ended_.notify_all();
}

void Operation::whenLookedAt(std::function<void()> action) {
  std::lock_guard lock(mutex_);
  whenLookedAt_ = std::move(action);
}

void Operation::handOver() {
  std::function<void()> action;
  {
    std::lock_guard lock(mutex_);
    if (!isDone_) action = std::exchange(whenLookedAt_, nullptr);
  }
  if (action) action();
}

void Operation::wait(ct_int timeout) {
  if (timeout < 0) {
    advance();
  } else {
    handOver();
  }
  std::unique_lock lock(mutex_);
  if (timeout < 0) {
    ended_.wait(lock, [&] { return isDone_; });
  } else if (!ended_.wait_for(lock, std::chrono::milliseconds(timeout), [&] { return isDone_; })) {
    throw TimeoutError("the operation has not ended in time");
  }
  if (!failure_.empty()) C10_THROW_ERROR(DistBackendError, failure_);
}

bool Operation::isCompleted() {
  handOver();
  std::lock_guard lock(mutex_);
  return isDone_;
}

int Operation::failedPeer() {
  std::lock_guard lock(mutex_);
  return failedPeer_;
}

Driver::~Driver() {
  {
    std::lock_guard lock(mutex_);
    isStopped_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Driver::add(std::shared_ptr<Operation> operation) {
  std::lock_guard lock(mutex_);
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  waiting_.push_back(std::move(operation));
  changed_.notify_all();
}

void Driver::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return isStopped_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    auto operation = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    if (!operation->isClaimed()) std::this_thread::sleep_for(callerPrecedence);
    operation->advance();
    operation.reset();
    lock.lock();
  }
}

}  // namespace ct
