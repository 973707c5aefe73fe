#include "mailboxes.h"

#include <algorithm>
#include <cstring>

#include "../stores.h"

namespace ct::shared {

size_t Mailboxes::byteCount(int size) {
  return sizeof(Box) * static_cast<size_t>(size) * static_cast<size_t>(size);
}

Mailboxes::Mailboxes(Segment &segment, uint8_t *memory) : segment_(segment), memory_(memory) {}

Mailboxes::Box &Mailboxes::box(int from, int to) const {
  return reinterpret_cast<Box *>(memory_)[from * segment_.size + to];
}

void Mailboxes::post(const std::shared_ptr<Transfer> &transfer) {
  std::lock_guard lock(mutex_);
  Traffic &traffic = traffic_[transfer->peer];
  if (transfer->sends) {
    traffic.sends.push_back(transfer);
  } else {
    traffic.receives.push_back(transfer);
    takeEarly(traffic);
  }
  move(transfer->peer);
}

void Mailboxes::finish(Transfer &transfer) {
  try {
    segment_.wait(transfer.peer, [&] {
      std::lock_guard lock(mutex_);
      if (segment_.isClosed()) return false;
      for (const auto &[peer, traffic] : traffic_) move(peer);
      return transfer.isDone;
    });
  } catch (...) {
    forget(transfer);
    throw;
  }
}

// Nobody may touch the memory of a message that has failed.
void Mailboxes::forget(const Transfer &transfer) {
  std::lock_guard lock(mutex_);
  Traffic &traffic = traffic_[transfer.peer];
  const auto isIt = [&](const auto &other) { return other.get() == &transfer; };
  traffic.sends.remove_if(isIt);
  traffic.receives.remove_if(isIt);
  if (traffic.current && isIt(traffic.current->target)) traffic.current->target.reset();
}

void Mailboxes::move(int peer) {
  Traffic &traffic = traffic_[peer];
  moveOut(peer, traffic);
  moveIn(peer, traffic);
}

void Mailboxes::moveOut(int peer, Traffic &traffic) {
  Box &target = box(segment_.rank, peer);
  bool moved = false;
  while (!traffic.sends.empty()) {
    Transfer &transfer = *traffic.sends.front();
    const uint64_t next = target.published.value.load(std::memory_order_relaxed);
    if (next >= target.consumed.value.load(std::memory_order_acquire) + slotCount) break;
    const size_t length = std::min(slotBytes, transfer.size - transfer.moved);
    SharedCopy().put(target.slots[next % slotCount], transfer.bytes + transfer.moved, length);
    target.headers[next % slotCount] = Header{transfer.tag, transfer.size, length};
    target.published.value.store(next + 1, std::memory_order_release);
    moved = true;
    transfer.moved += length;
    if (transfer.moved < transfer.size) continue;
    transfer.isDone = true;
    traffic.sends.pop_front();
  }
  if (moved) segment_.ring(peer);
}

void Mailboxes::moveIn(int peer, Traffic &traffic) {
  Box &source = box(peer, segment_.rank);
  bool moved = false;
  while (traffic.current || !traffic.receives.empty()) {
    const uint64_t next = source.consumed.value.load(std::memory_order_relaxed);
    if (next >= source.published.value.load(std::memory_order_acquire)) break;
    const Header &header = source.headers[next % slotCount];
    if (!traffic.current) open(header, traffic);
    Arrival &arrival = *traffic.current;
    uint8_t *place = arrival.target ? arrival.target->bytes : arrival.early.data();
    std::memcpy(place + arrival.received, source.slots[next % slotCount], header.length);
    arrival.received += header.length;
    source.consumed.value.store(next + 1, std::memory_order_release);
    moved = true;
    if (arrival.received < arrival.size) continue;
    if (arrival.target) {
      arrival.target->isDone = true;
    } else {
      traffic.early.push_back(std::move(traffic.current));
    }
    traffic.current.reset();
    takeEarly(traffic);
  }
  if (moved) segment_.ring(peer);
}

// Finds who asked for the message that begins. One that nobody asked for is kept aside if others are asked for.
void Mailboxes::open(const Header &header, Traffic &traffic) {
  auto arrival = std::make_unique<Arrival>();
  arrival->tag = header.tag;
  arrival->size = header.size;
  auto asked = std::find_if(traffic.receives.begin(), traffic.receives.end(), [&](const auto &transfer) {
    return transfer->tag == header.tag && transfer->size == header.size;
  });
  if (asked != traffic.receives.end()) {
    arrival->target = *asked;
    traffic.receives.erase(asked);
  } else {
    arrival->early.resize(header.size);
  }
  traffic.current = std::move(arrival);
}

void Mailboxes::takeEarly(Traffic &traffic) {
  for (auto transfer = traffic.receives.begin(); transfer != traffic.receives.end();) {
    auto found = std::find_if(traffic.early.begin(), traffic.early.end(), [&](const auto &arrival) {
      return arrival->tag == (*transfer)->tag && arrival->size == (*transfer)->size;
    });
    if (found == traffic.early.end()) {
      ++transfer;
      continue;
    }
    std::memcpy((*transfer)->bytes, (*found)->early.data(), (*found)->size);
    (*transfer)->isDone = true;
    traffic.early.erase(found);
    transfer = traffic.receives.erase(transfer);
  }
}

}  // namespace ct::shared
