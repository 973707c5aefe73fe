// Memory that the ranks of one machine share: who has published what, who has consumed it, and how to wait.
//
// The segment is a memfd that the others open through /proc, so that nothing has a name that could outlive a crash.
// Every rank holds a lock on one byte of it, which the kernel takes back when the rank's process dies.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

namespace ct::shared {

// Thrown when a rank that is waited for has left.
class RankGone : public std::runtime_error {
 public:
  explicit RankGone(int rank) : std::runtime_error("the rank has left the group"), rank(rank) {}
  const int rank;
};

// Thrown when this rank's end of the segment is closed.
class Closed : public std::runtime_error {
 public:
  Closed() : std::runtime_error("the group was aborted") {}
};

// A counter on a cache line of its own; it only grows.
struct alignas(64) Counter {
  std::atomic<uint64_t> value{0};
  bool hasReached(uint64_t target) const { return value.load(std::memory_order_acquire) >= target; }
};

// What the others need to wake a rank, and to know that it has left.
struct alignas(64) Doorbell {
  std::atomic<uint32_t> rings{0};
  std::atomic<uint32_t> sleepers{0};
  std::atomic<uint32_t> isGone{0};
};

// A mapping of the segment by one rank.
class Segment {
 public:
  // Makes the memory, `bytes` of zeros behind the doorbells of `size` ranks.
  static std::unique_ptr<Segment> create(int rank, int size, size_t bytes);
  // Opens what another rank made, by the address that it gave.
  static std::unique_ptr<Segment> open(int rank, int size, size_t bytes, const std::string &address);
  ~Segment();
  Segment(const Segment &) = delete;

  // How other ranks find it, while this process lives.
  std::string address() const;
  // Names the machine, the name spaces of processes and of the network, and the user: ranks with the same name can
  // share a segment and reach each other over the loopback.
  static std::string hostIdentity();

  uint8_t *payload() const { return payload_; }

  // Waits until `condition` holds, which a ring of this rank's bell may bring about. `peer` is the rank that is
  // waited for, or -1 for any. Spins for a moment where every rank has a core, then sleeps.
  // Throws RankGone when that rank has left, Closed after close().
  template <class Condition>
  void wait(int peer, Condition &&condition) {
    for (int turn = 0; turn < spins_; ++turn) {
      if (condition()) return;
      pause();
    }
    sleepUntil(peer, condition);
  }
  // Lets another rank look again.
  void ring(int rank);
  // This rank leaves; whoever waits for it, and its own waiting threads, fail.
  void close();
  bool isClosed() const { return isClosed_.load(std::memory_order_acquire); }

  const int rank;
  const int size;

 private:
  Segment(int rank, int size, size_t bytes, int file);
  void sleepUntil(int peer, const std::function<bool()> &condition);
  bool hasLeft(int peer) const;
  static void pause();

  const int file_;
  const size_t bytes_;
  const int spins_;
  uint8_t *mapping_ = nullptr;
  Doorbell *bells_ = nullptr;
  uint8_t *payload_ = nullptr;
  std::atomic<bool> isClosed_{false};
};

}  // namespace ct::shared
