// The store behind a handle.
#pragma once

#include <torch/csrc/distributed/c10d/Store.hpp>

#include "ctorch/process_group.h"

namespace ct {

inline c10::intrusive_ptr<c10d::Store> unwrapStore(ct_store store) {
  return c10::intrusive_ptr<c10d::Store>::unsafe_reclaim_from_nonowning(
      reinterpret_cast<c10d::Store *>(store));
}

}  // namespace ct
