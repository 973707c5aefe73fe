#include "worker.h"

#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace ca {

Worker::Worker(const ca_settings &settings, std::unique_ptr<Driver> driver)
    : settings_(settings), driver_(std::move(driver)), blocks_(static_cast<size_t>(settings.queue_depth)) {
  for (Block &block : blocks_) free_.push_back(&block);
  // Signals are the program's; a write beyond `ulimit -f` is an error of that write and no end of the process.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Worker::~Worker() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    isStopping_ = true;
  }
  driver_->wake();
  thread_.join();
}

void Worker::post(Slice slice) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    inbox_.push_back(std::move(slice));
  }
  driver_->wake();
}

void Worker::run() {
  std::vector<Block *> ended;
  while (collect()) {
    fill();
    driver_->wait(ended);
    for (Block *block : ended) end(*block);
    ended.clear();
  }
}

bool Worker::collect() {
  std::lock_guard<std::mutex> lock(mutex_);
  for (Slice &slice : inbox_) slices_.push_back(std::move(slice));
  inbox_.clear();
  return !isStopping_ || !slices_.empty() || free_.size() < blocks_.size();
}

void Worker::fill() {
  if (!settings_.overlap_events && free_.size() < blocks_.size()) return;
  while (!slices_.empty() && !free_.empty()) {
    Slice &slice = slices_.front();
    if (slice.operation->hasFailed()) {
      slice.operation->fail(0, INT64_MAX, slice.byteCount);
      slices_.pop_front();
      continue;
    }
    Block &block = *free_.back();
    free_.pop_back();
    begin(block);
    if (settings_.single_submit) driver_->flush();
  }
  driver_->flush();
}

// Cuts the next block off the first slice.
void Worker::begin(Block &block) {
  Slice &slice = slices_.front();
  const ca_file &file = slice.file;
  block.operation = slice.operation;
  block.file = file;
  block.isWrite = slice.isWrite;
  block.memory = block.address = slice.memory;
  block.offset = slice.offset;
  block.done = 0;
  const int64_t alignment = file.offset_alignment;
  const int64_t beyond = slice.offset % alignment;
  const int64_t whole = slice.byteCount - slice.byteCount % alignment;
  if (file.direct < 0) {
    block.descriptor = file.buffered;
    block.byteCount = std::min(slice.byteCount, settings_.block_size);
  } else if (beyond != 0 || whole == 0) {
    // The edges of the file's pages that the operation does not cover.
    block.descriptor = file.buffered;
    block.byteCount = std::min(slice.byteCount, alignment - beyond);
  } else {
    block.descriptor = file.direct;
    block.byteCount = std::min(whole, settings_.block_size);
    if (reinterpret_cast<uintptr_t>(block.memory) % static_cast<uintptr_t>(file.memory_alignment) != 0) {
      if (!block.bounce) {
        const auto size = static_cast<size_t>(settings_.block_size);
        block.bounce = {static_cast<char *>(std::aligned_alloc(static_cast<size_t>(alignment), size)), std::free};
      }
      if (block.bounce) {
        block.address = block.bounce.get();
        if (block.isWrite) std::memcpy(block.address, block.memory, static_cast<size_t>(block.byteCount));
      } else {
        block.descriptor = file.buffered;
      }
    }
  }
  slice.memory += block.byteCount;
  slice.offset += block.byteCount;
  slice.byteCount -= block.byteCount;
  if (slice.byteCount == 0) slices_.pop_front();
  driver_->start(block);
}

void Worker::end(Block &block) {
  const int64_t result = block.result;
  if (result == -EINTR || result == -EAGAIN) return retry(block);
  // Some file systems refuse direct access only when it happens.
  if (result == -EINVAL && block.descriptor == block.file.direct) {
    block.descriptor = block.file.buffered;
    return retry(block);
  }
  if (result > 0) block.done += result;
  if (result > 0 && block.done < block.byteCount) {
    // A part of a page is left, as at the end of a file.
    if (block.done % block.file.offset_alignment != 0) block.descriptor = block.file.buffered;
    return retry(block);
  }
  if (result > 0) {
    if (!block.isWrite && block.usesBounce()) {
      std::memcpy(block.memory, block.address, static_cast<size_t>(block.byteCount));
    }
    block.operation->finish(block.byteCount);
  } else {
    const int error = result < 0 ? static_cast<int>(-result) : block.isWrite ? EIO : CA_END_OF_FILE;
    block.operation->fail(error, block.offset + block.done, block.byteCount);
  }
  giveBack(block);
}

void Worker::retry(Block &block) {
  driver_->start(block);
  driver_->flush();
}

void Worker::giveBack(Block &block) {
  block.operation.reset();
  free_.push_back(&block);
}

}  // namespace ca
