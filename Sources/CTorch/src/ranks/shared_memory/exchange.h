// The collectives of ranks that share memory, each a sequence of rounds.
#pragma once

#include <functional>

#include "../parts.h"
#include "../stores.h"
#include "outbox.h"

namespace ct::shared {

// output = sources[0] (+) sources[1] (+) ..., `bytes` of each.
using Reducer =
    std::function<void(void *output, const void *const *sources, size_t count, size_t bytes, Stores stores)>;

// A slot that is being filled.
class SlotWriter {
 public:
  explicit SlotWriter(uint8_t *slot) : slot_(slot) {}
  void put(size_t offset, const void *source, size_t bytes) { copy_.put(slot_ + offset, source, bytes); }

 private:
  uint8_t *const slot_;
  SharedCopy copy_;
};

// One operation of this rank.
class Exchange {
 public:
  explicit Exchange(int rank, int size) : rank(rank), size(size) {}
  virtual ~Exchange() = default;

  // Publishes the first round if nothing has to be waited for; `run` then does the rest. Operations are run one
  // at a time, in the same order on all ranks.
  void tryStart(Outbox &outbox, uint64_t tag);
  // Goes through all rounds.
  void run(Outbox &outbox, uint64_t tag);
  // True if the others need no more of this rank than the first round.
  bool isSingleRound() const { return roundLimit() == 1; }
  // Bytes that this rank gave to others so far, counted once for each that reads them.
  size_t bytesSent() const { return bytesSent_.load(std::memory_order_relaxed); }

 protected:
  // The rounds that are known of.
  virtual uint32_t roundCount() const = 0;
  // The rounds that it takes at most, the same on all ranks.
  virtual uint32_t roundLimit() const { return roundCount(); }
  // True if this rank has something to publish in a round.
  virtual bool hasPage(uint32_t round) const = 0;
  // How many rounds must have been read before this one can be filled.
  virtual uint32_t readsBefore(uint32_t) const { return 0; }
  // Fills a slot; yields how many bytes are for others, counted once for each.
  virtual size_t fill(uint32_t round, SlotWriter &slot) = 0;
  virtual uint32_t note() const { return 0; }
  // Takes what the others published.
  virtual void take(uint32_t round, const std::function<Outbox::Page(int)> &page) = 0;

  const int rank;
  const int size;

 private:
  void write(Outbox &outbox, uint64_t tag, uint32_t round);

  uint32_t written_ = 0;
  std::atomic<size_t> bytesSent_{0};
};

// Everybody publishes all of it, and all sum alike: for what fits a slot.
std::unique_ptr<Exchange> allReduceAtOnce(int rank, int size, uint8_t *data, size_t bytes, Reducer reducer);
// Every rank sums one part, then gives it to all.
std::unique_ptr<Exchange> allReduceInParts(int rank, int size, uint8_t *data, Parts parts, Reducer reducer);
// Rank r receives the sum of everybody's part r.
std::unique_ptr<Exchange> reduceScatter(
    int rank, int size, const uint8_t *input, uint8_t *output, Parts parts, Reducer reducer);
// `own` is this rank's part, which may lie in the output.
std::unique_ptr<Exchange> allGather(int rank, int size, const uint8_t *own, uint8_t *output, Parts parts);
std::unique_ptr<Exchange> broadcast(int rank, int size, uint8_t *data, size_t bytes, int root);
std::unique_ptr<Exchange> allToAll(
    int rank, int size, const uint8_t *input, uint8_t *output, Parts inputParts, Parts outputParts);
std::unique_ptr<Exchange> barrier(int rank, int size);

}  // namespace ct::shared
