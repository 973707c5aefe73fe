#include "exchange.h"

#include <algorithm>
#include <cstring>

namespace ct::shared {
namespace {

// Rounds that a rank may publish before it reads: the others find the next one ready.
constexpr uint32_t roundsAhead = 1;
// Areas of a slot begin on a cache line, and no element lies across two.
constexpr size_t alignment = 64;

size_t ceilingOf(size_t value, size_t divisor) { return (value + divisor - 1) / divisor; }

size_t areaBytes(int areas) {
  return Outbox::slotBytes / static_cast<size_t>(std::max(1, areas)) / alignment * alignment;
}

uint32_t roundsFor(const Parts &parts, size_t step) {
  size_t rounds = 0;
  for (size_t size : parts.sizes) rounds = std::max(rounds, ceilingOf(size, step));
  return static_cast<uint32_t>(rounds);
}

// The bytes of piece `index` of a part, none past its end.
size_t pieceBytes(size_t part, size_t step, size_t index) {
  return index * step >= part ? 0 : std::min(step, part - index * step);
}

// Slots are divided into one area for each rank that receives something.
class Areas {
 public:
  explicit Areas(const std::vector<size_t> &sizes) : places_(sizes.size(), 0) {
    int count = 0;
    for (size_t rank = 0; rank < sizes.size(); ++rank) {
      places_[rank] = static_cast<size_t>(count);
      if (sizes[rank] > 0) ++count;
    }
    step = areaBytes(count);
  }
  size_t offset(int rank) const { return places_[static_cast<size_t>(rank)] * step; }
  size_t step;

 private:
  std::vector<size_t> places_;
};

class Barrier : public Exchange {
 public:
  using Exchange::Exchange;

 protected:
  uint32_t roundCount() const override { return 1; }
  bool hasPage(uint32_t) const override { return true; }
  size_t fill(uint32_t, SlotWriter &) override { return 0; }
  void take(uint32_t, const std::function<Outbox::Page(int)> &page) override {
    for (int peer = 0; peer < size; ++peer) {
      if (peer != rank) page(peer);
    }
  }
};

class AllReduceAtOnce : public Exchange {
 public:
  AllReduceAtOnce(int rank, int size, uint8_t *data, size_t bytes, Reducer reducer)
      : Exchange(rank, size), data_(data), bytes_(bytes), reducer_(std::move(reducer)) {}

 protected:
  uint32_t roundCount() const override { return 1; }
  bool hasPage(uint32_t) const override { return true; }
  size_t fill(uint32_t, SlotWriter &slot) override {
    slot.put(0, data_, bytes_);
    return bytes_ * static_cast<size_t>(size - 1);
  }
  void take(uint32_t, const std::function<Outbox::Page(int)> &page) override {
    std::vector<const void *> sources;
    for (int peer = 0; peer < size; ++peer) sources.push_back(peer == rank ? data_ : page(peer).bytes);
    reducer_(data_, sources.data(), sources.size(), bytes_, Stores::cached);
  }

 private:
  uint8_t *const data_;
  const size_t bytes_;
  const Reducer reducer_;
};

// One piece of every rank's part in a round.
class ReducedPieces {
 public:
  ReducedPieces(
      int rank, int size, const uint8_t *input, uint8_t *output, Parts parts, Reducer reducer, Stores stores)
      : rank_(rank),
        size_(size),
        input_(input),
        output_(output),
        parts_(std::move(parts)),
        areas_(parts_.sizes),
        reducer_(std::move(reducer)),
        stores_(stores) {}

  uint32_t rounds() const { return roundsFor(parts_, areas_.step); }
  bool hasPage(uint32_t round) const {
    for (int peer = 0; peer < size_; ++peer) {
      if (peer != rank_ && piece(peer, round) > 0) return true;
    }
    return false;
  }
  size_t fill(uint32_t round, SlotWriter &slot) const {
    size_t sent = 0;
    for (int peer = 0; peer < size_; ++peer) {
      const size_t bytes = peer == rank_ ? 0 : piece(peer, round);
      if (bytes == 0) continue;
      slot.put(areas_.offset(peer), input_ + parts_.offsets[peer] + round * areas_.step, bytes);
      sent += bytes;
    }
    return sent;
  }
  void take(uint32_t round, const std::function<Outbox::Page(int)> &page) const {
    const size_t bytes = piece(rank_, round);
    if (bytes == 0) return;
    std::vector<const void *> sources;
    for (int peer = 0; peer < size_; ++peer) {
      sources.push_back(
          peer == rank_ ? input_ + parts_.offsets[rank_] + round * areas_.step
                        : page(peer).bytes + areas_.offset(rank_));
    }
    reducer_(output_ + round * areas_.step, sources.data(), sources.size(), bytes, stores_);
  }
  size_t step() const { return areas_.step; }

 private:
  size_t piece(int rank, uint32_t round) const {
    return pieceBytes(parts_.sizes[static_cast<size_t>(rank)], areas_.step, round);
  }

  const int rank_;
  const int size_;
  const uint8_t *const input_;
  uint8_t *const output_;
  const Parts parts_;
  const Areas areas_;
  const Reducer reducer_;
  const Stores stores_;
};

// One piece of every rank's part in a round, for everybody.
class GatheredPieces {
 public:
  GatheredPieces(
      int rank, int size, const uint8_t *own, uint8_t *output, Parts parts, size_t step, Stores stores)
      : rank_(rank),
        size_(size),
        own_(own),
        output_(output),
        parts_(std::move(parts)),
        step_(step),
        stores_(stores) {}

  uint32_t rounds() const { return roundsFor(parts_, step_); }
  bool hasPage(uint32_t round) const { return piece(rank_, round) > 0; }
  size_t fill(uint32_t round, SlotWriter &slot) const {
    const size_t bytes = piece(rank_, round);
    slot.put(0, own_ + round * step_, bytes);
    return bytes * static_cast<size_t>(size_ - 1);
  }
  void take(uint32_t round, const std::function<Outbox::Page(int)> &page) const {
    uint8_t *place = output_ + parts_.offsets[static_cast<size_t>(rank_)] + round * step_;
    const size_t own = piece(rank_, round);
    if (own > 0 && place != own_ + round * step_) copyBytes(place, own_ + round * step_, own, stores_);
    for (int peer = 0; peer < size_; ++peer) {
      const size_t bytes = peer == rank_ ? 0 : piece(peer, round);
      if (bytes == 0) continue;
      place = output_ + parts_.offsets[static_cast<size_t>(peer)] + round * step_;
      copyBytes(place, page(peer).bytes, bytes, stores_);
    }
  }

 private:
  size_t piece(int rank, uint32_t round) const {
    return pieceBytes(parts_.sizes[static_cast<size_t>(rank)], step_, round);
  }

  const int rank_;
  const int size_;
  const uint8_t *const own_;
  uint8_t *const output_;
  const Parts parts_;
  const size_t step_;
  const Stores stores_;
};

// A collective that moves pieces of one kind and does nothing else.
template <class Pieces>
class InPieces : public Exchange {
 public:
  InPieces(int rank, int size, Pieces pieces) : Exchange(rank, size), pieces_(std::move(pieces)) {}

 protected:
  uint32_t roundCount() const override { return pieces_.rounds(); }
  bool hasPage(uint32_t round) const override { return pieces_.hasPage(round); }
  size_t fill(uint32_t round, SlotWriter &slot) override { return pieces_.fill(round, slot); }
  void take(uint32_t round, const std::function<Outbox::Page(int)> &page) override {
    pieces_.take(round, page);
  }

 private:
  const Pieces pieces_;
};

// Pieces are summed and given on one after the other, while they lie in the cache: first the sum of piece 0,
// then the sum of piece b + 1 and the giving of piece b in turn. What they overwrite lies there too.
class AllReduceInParts : public Exchange {
 public:
  AllReduceInParts(int rank, int size, uint8_t *data, Parts parts, Reducer reducer)
      : Exchange(rank, size),
        sums_(rank, size, data, ownPart(data, parts), parts, std::move(reducer), Stores::cached),
        gifts_(rank, size, ownPart(data, parts), data, parts, sums_.step(), Stores::cached) {}

 protected:
  uint32_t roundCount() const override { return 2 * sums_.rounds(); }
  bool hasPage(uint32_t round) const override {
    return isSum(round) ? sums_.hasPage(piece(round)) : gifts_.hasPage(piece(round));
  }
  uint32_t readsBefore(uint32_t round) const override {
    return isSum(round) ? 0 : sumRound(piece(round)) + 1;
  }
  size_t fill(uint32_t round, SlotWriter &slot) override {
    return isSum(round) ? sums_.fill(piece(round), slot) : gifts_.fill(piece(round), slot);
  }
  void take(uint32_t round, const std::function<Outbox::Page(int)> &page) override {
    isSum(round) ? sums_.take(piece(round), page) : gifts_.take(piece(round), page);
  }

 private:
  uint8_t *ownPart(uint8_t *data, const Parts &parts) const {
    return data + parts.offsets[static_cast<size_t>(rank)];
  }
  bool isSum(uint32_t round) const { return round == 0 || (round % 2 == 1 && round + 1 < roundCount()); }
  static uint32_t sumRound(uint32_t piece) { return piece == 0 ? 0 : 2 * piece - 1; }
  uint32_t piece(uint32_t round) const {
    if (isSum(round)) return (round + 1) / 2;
    return round + 1 == roundCount() ? sums_.rounds() - 1 : round / 2 - 1;
  }

  const ReducedPieces sums_;
  const GatheredPieces gifts_;
};

class Broadcast : public Exchange {
 public:
  Broadcast(int rank, int size, uint8_t *data, size_t bytes, int root)
      : Exchange(rank, size),
        data_(data),
        bytes_(bytes),
        root_(root),
        stores_(storesFor(bytes * static_cast<size_t>(size - 1))) {}

 protected:
  uint32_t roundCount() const override { return static_cast<uint32_t>(ceilingOf(bytes_, Outbox::slotBytes)); }
  bool hasPage(uint32_t) const override { return rank == root_; }
  size_t fill(uint32_t round, SlotWriter &slot) override {
    const size_t bytes = pieceBytes(bytes_, Outbox::slotBytes, round);
    slot.put(0, data_ + round * Outbox::slotBytes, bytes);
    return bytes * static_cast<size_t>(size - 1);
  }
  void take(uint32_t round, const std::function<Outbox::Page(int)> &page) override {
    if (rank == root_) return;
    const size_t bytes = pieceBytes(bytes_, Outbox::slotBytes, round);
    copyBytes(data_ + round * Outbox::slotBytes, page(root_).bytes, bytes, stores_);
  }

 private:
  uint8_t *const data_;
  const size_t bytes_;
  const int root_;
  const Stores stores_;
};

// Ranks know only their own sizes, so the first round tells the others how many rounds this rank needs.
class AllToAll : public Exchange {
 public:
  AllToAll(int rank, int size, const uint8_t *input, uint8_t *output, Parts inputParts, Parts outputParts)
      : Exchange(rank, size),
        input_(input),
        output_(output),
        inputParts_(std::move(inputParts)),
        outputParts_(std::move(outputParts)),
        step_(areaBytes(size)),
        stores_(storesFor(outputParts_.total() * static_cast<size_t>(size))),
        rounds_(std::max(1u, roundsFor(inputParts_, step_))) {}

 protected:
  uint32_t roundCount() const override { return rounds_; }
  uint32_t roundLimit() const override { return UINT32_MAX; }
  bool hasPage(uint32_t) const override { return true; }
  uint32_t readsBefore(uint32_t round) const override { return round == 0 ? 0 : 1; }
  uint32_t note() const override { return rounds_; }
  size_t fill(uint32_t round, SlotWriter &slot) override {
    size_t sent = 0;
    for (int peer = 0; peer < size; ++peer) {
      const auto index = static_cast<size_t>(peer);
      const size_t bytes = peer == rank ? 0 : pieceBytes(inputParts_.sizes[index], step_, round);
      if (bytes == 0) continue;
      slot.put(index * step_, input_ + inputParts_.offsets[index] + round * step_, bytes);
      sent += bytes;
    }
    return sent;
  }
  void take(uint32_t round, const std::function<Outbox::Page(int)> &page) override {
    const auto own = static_cast<size_t>(rank);
    for (int peer = 0; peer < size; ++peer) {
      const auto index = static_cast<size_t>(peer);
      const size_t bytes = pieceBytes(outputParts_.sizes[index], step_, round);
      uint8_t *place = output_ + outputParts_.offsets[index] + round * step_;
      if (peer == rank) {
        const uint8_t *kept = input_ + inputParts_.offsets[own] + round * step_;
        if (bytes > 0) copyBytes(place, kept, bytes, stores_);
        continue;
      }
      const Outbox::Page given = page(peer);
      if (round == 0) rounds_ = std::max(rounds_, given.note);
      if (bytes > 0) copyBytes(place, given.bytes + own * step_, bytes, stores_);
    }
  }

 private:
  const uint8_t *const input_;
  uint8_t *const output_;
  const Parts inputParts_;
  const Parts outputParts_;
  const size_t step_;
  const Stores stores_;
  uint32_t rounds_;
};

}  // namespace

void Exchange::write(Outbox &outbox, uint64_t tag, uint32_t round) {
  ++written_;
  if (!hasPage(round)) return;
  SlotWriter slot(outbox.slot(outbox.nextRound + round));
  const size_t sent = fill(round, slot);
  bytesSent_.fetch_add(sent, std::memory_order_relaxed);
  outbox.publish(outbox.nextRound + round, tag, note());
}

void Exchange::tryStart(Outbox &outbox, uint64_t tag) {
  if (written_ == 0 && roundCount() > 0 && outbox.isSlotFree(outbox.nextRound)) write(outbox, tag, 0);
}

void Exchange::run(Outbox &outbox, uint64_t tag) {
  for (uint32_t round = 0; round < roundCount(); ++round) {
    while (written_ < roundCount() && written_ <= round + roundsAhead && readsBefore(written_) <= round) {
      if (written_ > round && !outbox.isSlotFree(outbox.nextRound + written_)) break;
      write(outbox, tag, written_);
    }
    take(round, [&](int peer) { return outbox.read(peer, outbox.nextRound + round, tag); });
    for (int peer = 0; peer < size; ++peer) {
      if (peer != rank) outbox.pass(peer, outbox.nextRound + round);
    }
  }
  outbox.nextRound += roundCount();
}

std::unique_ptr<Exchange> allReduceAtOnce(int rank, int size, uint8_t *data, size_t bytes, Reducer reducer) {
  return std::make_unique<AllReduceAtOnce>(rank, size, data, bytes, std::move(reducer));
}

std::unique_ptr<Exchange> allReduceInParts(int rank, int size, uint8_t *data, Parts parts, Reducer reducer) {
  return std::make_unique<AllReduceInParts>(rank, size, data, std::move(parts), std::move(reducer));
}

std::unique_ptr<Exchange> reduceScatter(
    int rank, int size, const uint8_t *input, uint8_t *output, Parts parts, Reducer reducer) {
  const Stores stores = storesFor(parts.total());
  return std::make_unique<InPieces<ReducedPieces>>(
      rank, size, ReducedPieces(rank, size, input, output, std::move(parts), std::move(reducer), stores));
}

std::unique_ptr<Exchange> allGather(int rank, int size, const uint8_t *own, uint8_t *output, Parts parts) {
  const Stores stores = storesFor(parts.total() * static_cast<size_t>(size));
  return std::make_unique<InPieces<GatheredPieces>>(
      rank, size, GatheredPieces(rank, size, own, output, std::move(parts), Outbox::slotBytes, stores));
}

std::unique_ptr<Exchange> broadcast(int rank, int size, uint8_t *data, size_t bytes, int root) {
  return std::make_unique<Broadcast>(rank, size, data, bytes, root);
}

std::unique_ptr<Exchange> allToAll(
    int rank, int size, const uint8_t *input, uint8_t *output, Parts inputParts, Parts outputParts) {
  return std::make_unique<AllToAll>(
      rank, size, input, output, std::move(inputParts), std::move(outputParts));
}

std::unique_ptr<Exchange> barrier(int rank, int size) { return std::make_unique<Barrier>(rank, size); }

}  // namespace ct::shared
