// Rounds of publishing and reading, of which the collectives of one machine's ranks are made.
//
// Every rank has an outbox of a few slots. In a round a rank may fill one slot of its own, which the others read
// where it lies: a byte is copied once on its way into shared memory and once out of it, both within the cache.
// All ranks go through the same rounds; a rank that writes or reads nothing in a round says so by passing on.
#pragma once

#include <vector>

#include "segment.h"

namespace ct::shared {

class Outbox {
 public:
  // Half of what a core's second cache level commonly holds, so that slots stay in it.
  static constexpr size_t slotBytes = 256 * 1024;
  static constexpr uint64_t slotCount = 4;

  // Bytes of the segment's payload that the outboxes of `size` ranks take.
  static size_t byteCount(int size);

  Outbox(Segment &segment, uint8_t *memory);

  // The slot for `round`, once nobody reads what it held before. `tag` says what the round is about.
  uint8_t *slot(uint64_t round);
  // True if slot() would not wait.
  bool isSlotFree(uint64_t round) const;
  // Lets the others read it. `note` is a number for them.
  void publish(uint64_t round, uint64_t tag, uint32_t note);

  struct Page {
    const uint8_t *bytes;
    uint32_t note;
  };
  // What `peer` published in `round`. Waits for it, and for ever if it is about something else: ranks that disagree
  // are found by comparing them, and their data must not mix.
  Page read(int peer, uint64_t round, uint64_t tag);
  // This rank needs nothing more of `peer` up to this round.
  void pass(int peer, uint64_t round);

  // The first round that no operation has taken.
  uint64_t nextRound = 0;

 private:
  struct alignas(64) Header {
    uint64_t tag;
    uint32_t note;
  };
  Counter &published(int rank) const { return published_[rank]; }
  // How far `reader` has come in the outbox of `writer`.
  Counter &consumed(int writer, int reader) const { return consumed_[writer * segment_.size + reader]; }
  uint8_t *place(int rank, uint64_t round) const;
  Header &header(int rank, uint64_t round) const {
    return headers_[static_cast<size_t>(rank) * slotCount + round % slotCount];
  }
  bool isConsumedBy(int reader, uint64_t round) const;

  Segment &segment_;
  Counter *const published_;
  Counter *const consumed_;
  Header *const headers_;
  uint8_t *const slots_;
  // For each slot the end of the round that filled it last.
  uint64_t filled_[slotCount] = {};
};

}  // namespace ct::shared
