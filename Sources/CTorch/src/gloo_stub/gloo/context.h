// A stand-in for gloo's header, which the libtorch wheel omits: only the declarations that c10d's header and we
// need. Objects of these types are made and ended inside libtorch, never here.
#pragma once

#include <chrono>

namespace gloo {

class Context {
 public:
  // Ends every connection, which wakes whoever waits on one with an exception.
  void closeConnections();
  void setTimeout(std::chrono::milliseconds timeout);
};

}  // namespace gloo
