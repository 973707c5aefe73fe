// A stand-in for gloo's header, which the libtorch wheel omits: see ../context.h.
#pragma once

namespace gloo::transport {

class Device;

// c10d's send and receive hold one by unique_ptr; libtorch makes and ends it.
class UnboundBuffer {
 public:
  virtual ~UnboundBuffer() = 0;
};

}  // namespace gloo::transport
