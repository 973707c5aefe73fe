// Scattered reductions and gatherings over messages, of which the collectives are made so that no byte travels twice.
#pragma once

#include "gloo_connections.h"
#include "parts.h"
#include "reduction.h"

namespace ct {

// Every rank sends each other rank that one's part, and sums what it receives for its own: (N-1)/N of the
// buffer on the wire, where a ring would send the same, and Gloo's own reduce-scatter sends it twice. Memory
// for what arrives is bounded, because parts travel in pieces and few are under way.
class ScatteredReduction {
 public:
  ScatteredReduction(
      MessageOperation &operation, const uint8_t *input, uint8_t *output, Parts parts, c10::ScalarType type,
      ct_reduction reduction);
  void start();
  void finish();

 private:
  void receivePiece(size_t piece);
  size_t pieceSize(size_t piece) const;
  uint8_t *slot(size_t piece, size_t peer) {
    return arrivals_.get() + (piece % depth_ * peers_.size() + peer) * slotSize_;
  }

  MessageOperation &operation_;
  const uint8_t *const input_;
  uint8_t *const output_;
  const Parts parts_;
  const c10::ScalarType type_;
  const ct_reduction reduction_;
  const size_t step_;
  size_t depth_ = 0;
  size_t slotSize_ = 0;
  std::vector<int> peers_;
  std::unique_ptr<uint8_t[]> arrivals_;
  std::vector<MessageOperation::MessagePointer> sends_;
  std::vector<std::vector<MessageOperation::MessagePointer>> receives_;
};

// Every rank sends its part to every other rank of `readers`.
class Gathering {
 public:
  Gathering(MessageOperation &operation, uint8_t *output, Parts parts, int phase, int withoutReader = -1)
      : operation_(operation),
        output_(output),
        parts_(std::move(parts)),
        phase_(phase),
        without_(withoutReader) {}
  // `own` is this rank's part, which may lie elsewhere than in the output.
  void start(const uint8_t *own);
  void finish();

 private:
  MessageOperation &operation_;
  uint8_t *const output_;
  const Parts parts_;
  const int phase_;
  const int without_;
  std::vector<MessageOperation::MessagePointer> messages_;
};

}  // namespace ct
