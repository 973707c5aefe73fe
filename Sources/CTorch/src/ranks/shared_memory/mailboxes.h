// Messages from one rank to another, in pieces through a few slots of shared memory for each pair of ranks.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "segment.h"

namespace ct::shared {

// A message that this rank sends or receives.
struct Transfer {
  const bool sends;
  const int peer;
  const uint64_t tag;
  uint8_t *const bytes;
  const size_t size;
  size_t moved = 0;
  bool isDone = false;
};

class Mailboxes {
 public:
  static constexpr size_t slotBytes = 64 * 1024;
  static constexpr uint64_t slotCount = 4;
  // Bytes of the segment's payload that the mailboxes of `size` ranks take; memory that nobody uses is never made.
  static size_t byteCount(int size);

  Mailboxes(Segment &segment, uint8_t *memory);

  // Begins a transfer and moves what can be moved at once.
  void post(const std::shared_ptr<Transfer> &transfer);
  // Waits for its end, and moves the others meanwhile. Throws RankGone and Closed.
  void finish(Transfer &transfer);

 private:
  struct alignas(64) Header {
    uint64_t tag;
    uint64_t size;
    uint64_t length;
  };
  struct Box {
    Counter published;
    Counter consumed;
    Header headers[slotCount];
    uint8_t slots[slotCount][slotBytes];
  };
  // A message whose pieces are arriving, or one that came before anybody asked for it.
  struct Arrival {
    uint64_t tag = 0;
    size_t size = 0;
    size_t received = 0;
    std::shared_ptr<Transfer> target;
    std::vector<uint8_t> early;
  };
  struct Traffic {
    std::list<std::shared_ptr<Transfer>> sends;
    std::list<std::shared_ptr<Transfer>> receives;
    std::unique_ptr<Arrival> current;
    std::list<std::unique_ptr<Arrival>> early;
  };

  Box &box(int from, int to) const;
  void move(int peer);
  void forget(const Transfer &transfer);
  void moveOut(int peer, Traffic &traffic);
  void moveIn(int peer, Traffic &traffic);
  void open(const Header &header, Traffic &traffic);
  static void takeEarly(Traffic &traffic);

  Segment &segment_;
  uint8_t *const memory_;
  std::mutex mutex_;
  std::map<int, Traffic> traffic_;
};

}  // namespace ct::shared
