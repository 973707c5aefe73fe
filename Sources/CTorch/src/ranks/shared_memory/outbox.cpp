#include "outbox.h"

namespace ct::shared {
namespace {

size_t counterBytes(int size) {
  return sizeof(Counter) * static_cast<size_t>(size) * (1 + static_cast<size_t>(size));
}

}  // namespace

size_t Outbox::byteCount(int size) {
  return counterBytes(size) + static_cast<size_t>(size) * slotCount * (sizeof(Header) + slotBytes);
}

Outbox::Outbox(Segment &segment, uint8_t *memory)
    : segment_(segment),
      published_(reinterpret_cast<Counter *>(memory)),
      consumed_(published_ + segment.size),
      headers_(reinterpret_cast<Header *>(memory + counterBytes(segment.size))),
      slots_(reinterpret_cast<uint8_t *>(headers_ + static_cast<size_t>(segment.size) * slotCount)) {}

uint8_t *Outbox::place(int rank, uint64_t round) const {
  return slots_ + (static_cast<size_t>(rank) * slotCount + round % slotCount) * slotBytes;
}

bool Outbox::isConsumedBy(int reader, uint64_t round) const {
  return consumed(segment_.rank, reader).hasReached(filled_[round % slotCount]);
}

bool Outbox::isSlotFree(uint64_t round) const {
  for (int reader = 0; reader < segment_.size; ++reader) {
    if (reader != segment_.rank && !isConsumedBy(reader, round)) return false;
  }
  return true;
}

uint8_t *Outbox::slot(uint64_t round) {
  for (int reader = 0; reader < segment_.size; ++reader) {
    if (reader == segment_.rank) continue;
    segment_.wait(reader, [&] { return isConsumedBy(reader, round); });
  }
  return place(segment_.rank, round);
}

void Outbox::publish(uint64_t round, uint64_t tag, uint32_t note) {
  header(segment_.rank, round) = Header{tag, note};
  filled_[round % slotCount] = round + 1;
  published(segment_.rank).value.store(round + 1, std::memory_order_release);
  for (int peer = 0; peer < segment_.size; ++peer) {
    if (peer != segment_.rank) segment_.ring(peer);
  }
}

Outbox::Page Outbox::read(int peer, uint64_t round, uint64_t tag) {
  segment_.wait(peer, [&] { return published(peer).hasReached(round + 1); });
  const Header &found = header(peer, round);
  if (found.tag != tag) {
    segment_.wait(peer, [] { return false; });
  }
  return Page{place(peer, round), found.note};
}

void Outbox::pass(int peer, uint64_t round) {
  consumed(peer, segment_.rank).value.store(round + 1, std::memory_order_release);
  segment_.ring(peer);
}

}  // namespace ct::shared
