#include "segment.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <new>
#include <system_error>
#include <thread>

namespace ct::shared {
namespace {

// About 20 us: longer than a cache line takes between cores, shorter than falling asleep and waking.
constexpr int spinCount = 1000;
// A sleeper looks this often whether those it waits for still live.
constexpr long livenessNanoseconds = 50'000'000;

[[noreturn]] void fail(const char *what) { throw std::system_error(errno, std::generic_category(), what); }

long futex(std::atomic<uint32_t> &word, int operation, uint32_t value, const timespec *timeout) {
  return syscall(SYS_futex, reinterpret_cast<uint32_t *>(&word), operation, value, timeout, nullptr, 0);
}

// Open-file-description locks belong to a mapping's own file, so that ranks may be threads of one process too.
struct flock byteLock(int rank, short type) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = rank;
  lock.l_len = 1;
  return lock;
}

std::string firstLine(const char *path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

size_t headerBytes(int size) { return sizeof(Doorbell) * static_cast<size_t>(size); }

}  // namespace

std::unique_ptr<Segment> Segment::create(int rank, int size, size_t bytes) {
  const int file = memfd_create("deepspeed-ranks", MFD_CLOEXEC);
  if (file < 0) fail("no memory file for the ranks of this machine");
  if (ftruncate(file, static_cast<off_t>(headerBytes(size) + bytes)) != 0) {
    ::close(file);
    fail("no room for the memory of the ranks of this machine");
  }
  return std::unique_ptr<Segment>(new Segment(rank, size, bytes, file));
}

std::unique_ptr<Segment> Segment::open(int rank, int size, size_t bytes, const std::string &address) {
  const int file = ::open(address.c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0) fail("the memory of the ranks of this machine does not open");
  return std::unique_ptr<Segment>(new Segment(rank, size, bytes, file));
}

Segment::Segment(int rank, int size, size_t bytes, int file)
    : rank(rank),
      size(size),
      file_(file),
      bytes_(headerBytes(size) + bytes),
      spins_(static_cast<unsigned>(size) <= std::thread::hardware_concurrency() ? spinCount : 1) {
  void *memory = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (memory == MAP_FAILED) {
    ::close(file);
    fail("the memory of the ranks of this machine cannot be mapped");
  }
  mapping_ = static_cast<uint8_t *>(memory);
  bells_ = reinterpret_cast<Doorbell *>(mapping_);
  payload_ = mapping_ + headerBytes(size);
  auto lock = byteLock(rank, F_WRLCK);
  if (fcntl(file, F_OFD_SETLK, &lock) != 0) {
    munmap(mapping_, bytes_);
    ::close(file);
    fail("the memory of the ranks of this machine cannot be locked");
  }
}

Segment::~Segment() {
  close();
  munmap(mapping_, bytes_);
  ::close(file_);
}

std::string Segment::address() const {
  return "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(file_);
}

std::string Segment::hostIdentity() {
  std::string identity = firstLine("/proc/sys/kernel/random/boot_id");
  for (const char *kind : {"/proc/self/ns/pid", "/proc/self/ns/net"}) {
    char space[64] = {};
    if (readlink(kind, space, sizeof(space) - 1) > 0) identity += std::string(" ") + space;
  }
  return identity + " " + std::to_string(geteuid());
}

void Segment::pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

bool Segment::hasLeft(int peer) const {
  if (bells_[peer].isGone.load(std::memory_order_acquire) != 0) return true;
  auto lock = byteLock(peer, F_WRLCK);
  return fcntl(file_, F_OFD_GETLK, &lock) == 0 && lock.l_type == F_UNLCK;
}

void Segment::sleepUntil(int peer, const std::function<bool()> &condition) {
  auto &bell = bells_[rank];
  const timespec nap{0, livenessNanoseconds};
  while (true) {
    const uint32_t heard = bell.rings.load(std::memory_order_acquire);
    bell.sleepers.fetch_add(1, std::memory_order_seq_cst);
    const bool holds = condition();
    const bool closed = isClosed();
    if (!holds && !closed) futex(bell.rings, FUTEX_WAIT, heard, &nap);
    bell.sleepers.fetch_sub(1, std::memory_order_seq_cst);
    if (holds || condition()) return;
    if (closed || isClosed()) throw Closed();
    for (int other = 0; other < size; ++other) {
      if (other == rank || (peer >= 0 && other != peer) || !hasLeft(other)) continue;
      // What it published before it left still counts.
      if (condition()) return;
      throw RankGone(other);
    }
  }
}

void Segment::ring(int other) {
  auto &bell = bells_[other];
  // Between the counter that the caller moved and this look no sleeper may slip in.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (bell.sleepers.load(std::memory_order_seq_cst) == 0) return;
  bell.rings.fetch_add(1, std::memory_order_release);
  futex(bell.rings, FUTEX_WAKE, INT_MAX, nullptr);
}

void Segment::close() {
  if (isClosed_.exchange(true)) return;
  bells_[rank].isGone.store(1, std::memory_order_release);
  for (int other = 0; other < size; ++other) {
    bells_[other].rings.fetch_add(1, std::memory_order_release);
    futex(bells_[other].rings, FUTEX_WAKE, INT_MAX, nullptr);
  }
}

}  // namespace ct::shared
