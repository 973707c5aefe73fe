// The store behind a handle.
#pragma once

#include <torch/csrc/distributed/c10d/Store.hpp>

#include <string>

#include "ctorch/process_group.h"

namespace ct {

// A connection that another rank has closed must end a write in an error, not this process: neither gloo nor c10d
// asks the system for that, so that the signal is ignored from the first connection on, unless the program handles
// it itself.
void ignoreBrokenPipes();

using StorePointer = c10::intrusive_ptr<c10d::Store>;

inline StorePointer unwrapStore(ct_store store) {
  return StorePointer::unsafe_reclaim_from_nonowning(
      reinterpret_cast<c10d::Store *>(store));
}

// Waits until somebody has set a key. Throws TimeoutError.
void waitFor(c10d::Store &store, const std::string &key, ct_int timeout);

void tell(c10d::Store &store, const std::string &key, const std::string &value);
// What somebody told, once it has. Throws TimeoutError.
std::string ask(c10d::Store &store, const std::string &key, ct_int timeout);
// True if all ranks say the same.
bool isUnanimous(
    c10d::Store &store, const std::string &topic, const std::string &own, int rank, int size, ct_int timeout);

}  // namespace ct
