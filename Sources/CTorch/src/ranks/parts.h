// Where every rank's part of a buffer lies.
#pragma once

#include <cstddef>
#include <vector>

#include "ctorch/process_group.h"

namespace ct {

// In bytes, in order of rank.
struct Parts {
  std::vector<size_t> offsets;
  std::vector<size_t> sizes;
  // Parts of `counts` elements each.
  Parts(const ct_int *counts, int ranks, size_t elementSize);
  // Parts of nearly equal size of `count` elements, none for `without` if that is a rank.
  Parts(size_t count, int ranks, size_t elementSize, int without = -1);
  size_t total() const { return offsets.back() + sizes.back(); }
};

}  // namespace ct
