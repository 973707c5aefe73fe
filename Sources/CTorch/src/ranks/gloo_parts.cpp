#include "gloo_parts.h"

#include <algorithm>
#include <cstring>

namespace ct {
namespace {

// Small enough to be summed from the cache, large enough to hide the cost of a message.
constexpr size_t pieceBytes = size_t{1} << 20;
constexpr size_t piecesUnderWay = 4;

}  // namespace

ScatteredReduction::ScatteredReduction(
    MessageOperation &operation, const uint8_t *input, uint8_t *output, Parts parts, c10::ScalarType type,
    ct_reduction reduction)
    : operation_(operation),
      input_(input),
      output_(output),
      parts_(std::move(parts)),
      type_(type),
      reduction_(reduction),
      step_(pieceBytes / c10::elementSize(type) * c10::elementSize(type)) {
  for (int peer = 0; peer < operation.net->size; ++peer) {
    if (peer != operation.net->rank) peers_.push_back(peer);
  }
}

size_t ScatteredReduction::pieceSize(size_t piece) const {
  return std::min(step_, parts_.sizes[operation_.net->rank] - piece * step_);
}

void ScatteredReduction::receivePiece(size_t piece) {
  auto &messages = receives_[piece];
  for (size_t peer = 0; peer < peers_.size(); ++peer) {
    messages.push_back(operation_.receive(slot(piece, peer), pieceSize(piece), peers_[peer]));
  }
}

void ScatteredReduction::start() {
  const size_t own = parts_.sizes[operation_.net->rank];
  const size_t pieces = (own + step_ - 1) / step_;
  depth_ = std::min(piecesUnderWay, pieces);
  receives_.resize(pieces);
  slotSize_ = std::min(step_, own);
  arrivals_.reset(new uint8_t[depth_ * peers_.size() * slotSize_]);
  for (size_t piece = 0; piece < depth_; ++piece) receivePiece(piece);
  for (size_t begin = 0, more = 1; more > 0; begin += step_) {
    more = 0;
    for (int peer : peers_) {
      if (begin >= parts_.sizes[peer]) continue;
      const size_t length = std::min(step_, parts_.sizes[peer] - begin);
      sends_.push_back(operation_.send(input_ + parts_.offsets[peer] + begin, length, peer));
      ++more;
    }
  }
}

void ScatteredReduction::finish() {
  const int rank = operation_.net->rank;
  const uint8_t *own = input_ + parts_.offsets[rank];
  std::vector<const void *> sources(peers_.size() + 1);
  for (size_t piece = 0; piece < receives_.size(); ++piece) {
    operation_.awaitAll(receives_[piece]);
    for (size_t peer = 0; peer < peers_.size(); ++peer) {
      sources[peers_[peer]] = slot(piece, peer);
    }
    sources[rank] = own + piece * step_;
    reducePieces(
        output_ + piece * step_, sources.data(), sources.size(), pieceSize(piece) / c10::elementSize(type_),
        type_, reduction_);
    if (piece + depth_ < receives_.size()) receivePiece(piece + depth_);
  }
  operation_.awaitAll(sends_);
  arrivals_.reset();
}

void Gathering::start(const uint8_t *own) {
  const auto &net = *operation_.net;
  for (int peer = 0; peer < net.size; ++peer) {
    if (peer == net.rank || parts_.sizes[peer] == 0 || net.rank == without_) continue;
    messages_.push_back(operation_.receive(output_ + parts_.offsets[peer], parts_.sizes[peer], peer, phase_));
  }
  const size_t size = parts_.sizes[net.rank];
  if (size == 0) return;
  for (int step = 1; step < net.size; ++step) {
    const int peer = (net.rank + step) % net.size;
    if (peer != without_) messages_.push_back(operation_.send(own, size, peer, phase_));
  }
  uint8_t *place = output_ + parts_.offsets[net.rank];
  if (place != own) std::memcpy(place, own, size);
}

void Gathering::finish() { operation_.awaitAll(messages_); }

}  // namespace ct
