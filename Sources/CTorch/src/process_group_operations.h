// The collectives, each built from messages between pairs of ranks so that no byte travels twice.
#pragma once

#include "process_group.h"
#include "process_group_sum.h"

namespace ct {

// Where every rank's part of a buffer lies, in bytes.
struct Parts {
  std::vector<size_t> offsets;
  std::vector<size_t> sizes;
  // Parts of `counts` elements each.
  Parts(const ct_int *counts, int ranks, size_t elementSize);
  // Parts of nearly equal size of `count` elements, none for `without` if that is a rank.
  Parts(size_t count, int ranks, size_t elementSize, int without = -1);
  size_t total() const { return offsets.back() + sizes.back(); }
};

// Every rank sends each other rank that one's part, and sums what it receives for its own: (N-1)/N of the
// buffer on the wire, where a ring would send the same, and Gloo's own reduce-scatter sends it twice. Memory
// for what arrives is bounded, because parts travel in pieces and few are under way.
class ScatteredReduction {
 public:
  ScatteredReduction(
      Operation &operation, const uint8_t *input, uint8_t *output, Parts parts, c10::ScalarType type,
      ct_reduction reduction);
  void start();
  void finish();

 private:
  void receivePiece(size_t piece);
  size_t pieceSize(size_t piece) const;
  uint8_t *slot(size_t piece, size_t peer) {
    return arrivals_.get() + (piece % depth_ * peers_.size() + peer) * slotSize_;
  }

  Operation &operation_;
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
  std::vector<Operation::MessagePointer> sends_;
  std::vector<std::vector<Operation::MessagePointer>> receives_;
};

// Every rank sends its part to every other rank of `readers`.
class Gathering {
 public:
  Gathering(Operation &operation, uint8_t *output, Parts parts, int phase, int withoutReader = -1)
      : operation_(operation),
        output_(output),
        parts_(std::move(parts)),
        phase_(phase),
        without_(withoutReader) {}
  // `own` is this rank's part, which may lie elsewhere than in the output.
  void start(const uint8_t *own);
  void finish();

 private:
  Operation &operation_;
  uint8_t *const output_;
  const Parts parts_;
  const int phase_;
  const int without_;
  std::vector<Operation::MessagePointer> messages_;
};

}  // namespace ct
