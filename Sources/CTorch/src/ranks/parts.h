// Where every rank's part of a buffer lies.
#pragma once

#include <cstddef>
#include <numeric>
#include <utility>
#include <vector>

#include "ctorch/process_group.h"

namespace ct {

// In bytes, in order of rank.
struct Parts {
  std::vector<size_t> offsets;
  std::vector<size_t> sizes;
  Parts(std::vector<size_t> offsets, std::vector<size_t> sizes)
      : offsets(std::move(offsets)), sizes(std::move(sizes)) {}
  // Parts of `counts` elements each.
  Parts(const ct_int *counts, int ranks, size_t elementSize);
  // Parts of nearly equal size of `count` elements, none for `without` if that is a rank.
  Parts(size_t count, int ranks, size_t elementSize, int without = -1);
  // Bytes of all parts together.
  size_t total() const { return std::accumulate(sizes.begin(), sizes.end(), size_t{0}); }
  // Those of some ranks, in their order.
  Parts of(const std::vector<int> &ranks) const;
};

}  // namespace ct
