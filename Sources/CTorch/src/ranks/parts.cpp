#include "parts.h"

#include <c10/util/Exception.h>

namespace ct {

Parts::Parts(const ct_int *counts, int ranks, size_t elementSize) {
  size_t offset = 0;
  for (int rank = 0; rank < ranks; ++rank) {
    TORCH_CHECK_VALUE(counts[rank] >= 0, "rank ", rank, "'s part has a negative size, ", counts[rank]);
    offsets.push_back(offset);
    sizes.push_back(static_cast<size_t>(counts[rank]) * elementSize);
    offset += sizes.back();
  }
}

Parts::Parts(size_t count, int ranks, size_t elementSize, int without) {
  const size_t shares = static_cast<size_t>(ranks) - (without >= 0 ? 1 : 0);
  size_t begin = 0;
  size_t share = 0;
  for (int rank = 0; rank < ranks; ++rank) {
    size_t end = begin;
    if (rank != without && shares > 0) end = count * ++share / shares;
    offsets.push_back(begin * elementSize);
    sizes.push_back((end - begin) * elementSize);
    begin = end;
  }
}

Parts Parts::of(const std::vector<int> &ranks) const {
  std::vector<size_t> chosenOffsets, chosenSizes;
  for (int rank : ranks) {
    chosenOffsets.push_back(offsets.at(static_cast<size_t>(rank)));
    chosenSizes.push_back(sizes.at(static_cast<size_t>(rank)));
  }
  return Parts(std::move(chosenOffsets), std::move(chosenSizes));
}

}  // namespace ct
