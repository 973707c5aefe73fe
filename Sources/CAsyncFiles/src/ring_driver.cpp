// io_uring through its system calls. Layout and memory order as in the kernel's io_uring(7).
#include <linux/io_uring.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <exception>

#include "driver.h"

namespace ca {
namespace {

int setUp(unsigned entries, io_uring_params &parameters) {
  // Ended requests wait for the worker instead of interrupting it; older kernels do not know the flag.
  for (unsigned flags : {IORING_SETUP_CLAMP | IORING_SETUP_COOP_TASKRUN, IORING_SETUP_CLAMP}) {
    parameters = {};
    parameters.flags = flags;
    long descriptor = syscall(SYS_io_uring_setup, entries, &parameters);
    if (descriptor >= 0) return static_cast<int>(descriptor);
    if (errno != EINVAL) break;
  }
  return -errno;
}

template <class Value>
Value *at(void *memory, unsigned offset) {
  return reinterpret_cast<Value *>(static_cast<char *>(memory) + offset);
}

class RingDriver final : public Driver {
 public:
  RingDriver(int ring, int event, const io_uring_params &parameters)
      : ring_(ring), event_(event), parameters_(parameters) {}

  ~RingDriver() override {
    if (entries_ != MAP_FAILED) munmap(entries_, entriesSize());
    if (rings_ != MAP_FAILED) munmap(rings_, ringsSize());
    close(ring_);
    close(event_);
  }

  int map() {
    const int protection = PROT_READ | PROT_WRITE;
    const int flags = MAP_SHARED | MAP_POPULATE;
    rings_ = mmap(nullptr, ringsSize(), protection, flags, ring_, IORING_OFF_SQ_RING);
    if (rings_ == MAP_FAILED) return errno;
    entries_ = mmap(nullptr, entriesSize(), protection, flags, ring_, IORING_OFF_SQES);
    return entries_ == MAP_FAILED ? errno : 0;
  }

  void start(Block &block) override {
    io_uring_sqe &entry = next();
    entry.opcode = block.isWrite ? IORING_OP_WRITE : IORING_OP_READ;
    entry.fd = block.descriptor;
    entry.addr = reinterpret_cast<uintptr_t>(block.address + block.done);
    // One request holds at most 2 GiB less a page; the rest is a short transfer, which goes on.
    entry.len = static_cast<unsigned>(std::min<int64_t>(block.byteCount - block.done, int64_t(1) << 30));
    entry.off = static_cast<uint64_t>(block.offset + block.done);
    entry.user_data = reinterpret_cast<uintptr_t>(&block);
  }

  void flush() override {
    while (unsubmitted_ > 0) enter(0);
  }

  void wait(std::vector<Block *> &ended) override {
    if (!watchesEvent_) {
      io_uring_sqe &entry = next();
      entry.opcode = IORING_OP_READ;
      entry.fd = event_;
      entry.addr = reinterpret_cast<uintptr_t>(&eventCount_);
      entry.len = sizeof eventCount_;
      watchesEvent_ = true;
    }
    while (!reap(ended)) enter(1);
    flush();
  }

  void wake() override {
    const uint64_t one = 1;
    // Fails only when the count is full, and then the other side will look anyway.
    [[maybe_unused]] auto written = write(event_, &one, sizeof one);
  }

 private:
  size_t ringsSize() const {
    return std::max<size_t>(
        parameters_.sq_off.array + parameters_.sq_entries * sizeof(unsigned),
        parameters_.cq_off.cqes + parameters_.cq_entries * sizeof(io_uring_cqe));
  }
  size_t entriesSize() const { return parameters_.sq_entries * sizeof(io_uring_sqe); }

  // A cleared entry at the end of the submission queue, which has room for all blocks and the event.
  io_uring_sqe &next() {
    if (unsubmitted_ == parameters_.sq_entries) flush();
    const auto &offsets = parameters_.sq_off;
    auto *tail = at<unsigned>(rings_, offsets.tail);
    const unsigned index = *tail & *at<unsigned>(rings_, offsets.ring_mask);
    auto &entry = static_cast<io_uring_sqe *>(entries_)[index];
    std::memset(&entry, 0, sizeof entry);
    at<unsigned>(rings_, offsets.array)[index] = index;
    // The kernel looks at the tail only inside of io_uring_enter, on this thread: the caller fills the entry first.
    std::atomic_ref<unsigned>(*tail).store(*tail + 1, std::memory_order_release);
    unsubmitted_ += 1;
    return entry;
  }

  void enter(unsigned least) {
    long count = syscall(
        SYS_io_uring_enter, ring_, unsubmitted_, least, least > 0 ? IORING_ENTER_GETEVENTS : 0, nullptr, 0);
    if (count >= 0) {
      unsubmitted_ -= static_cast<unsigned>(count);
    } else if (errno == ENOMEM || errno == EAGAIN || errno == EBUSY) {
      usleep(100);
    } else if (errno != EINTR) {
      // The others say that this file is wrong.
      std::terminate();
    }
  }

  // Takes what has ended; true when there was something.
  bool reap(std::vector<Block *> &ended) {
    const auto &offsets = parameters_.cq_off;
    auto *head = at<unsigned>(rings_, offsets.head);
    const unsigned mask = *at<unsigned>(rings_, offsets.ring_mask);
    const auto *entries = at<io_uring_cqe>(rings_, offsets.cqes);
    const unsigned tail = std::atomic_ref<unsigned>(*at<unsigned>(rings_, offsets.tail)).load(std::memory_order_acquire);
    unsigned position = *head;
    const bool isSomething = position != tail;
    for (; position != tail; ++position) {
      const io_uring_cqe &entry = entries[position & mask];
      if (auto *block = reinterpret_cast<Block *>(entry.user_data)) {
        block->result = entry.res;
        ended.push_back(block);
      } else {
        watchesEvent_ = false;
      }
    }
    std::atomic_ref<unsigned>(*head).store(position, std::memory_order_release);
    return isSomething;
  }

  const int ring_;
  const int event_;
  const io_uring_params parameters_;
  void *rings_ = MAP_FAILED;
  void *entries_ = MAP_FAILED;
  unsigned unsubmitted_ = 0;
  uint64_t eventCount_ = 0;
  bool watchesEvent_ = false;
};

}  // namespace

int makeRingDriver(int depth, std::unique_ptr<Driver> &result) {
  io_uring_params parameters;
  const int ring = setUp(static_cast<unsigned>(depth) + 1, parameters);
  if (ring < 0) return -ring;
  // Reads and writes without vectors came with this feature, in kernel 5.6.
  if (!(parameters.features & IORING_FEAT_RW_CUR_POS) || !(parameters.features & IORING_FEAT_SINGLE_MMAP)) {
    close(ring);
    return ENOSYS;
  }
  const int event = eventfd(0, EFD_CLOEXEC);
  if (event < 0) {
    const int error = errno;
    close(ring);
    return error;
  }
  auto driver = std::make_unique<RingDriver>(ring, event, parameters);
  if (const int error = driver->map()) return error;
  result = std::move(driver);
  return 0;
}

}  // namespace ca
