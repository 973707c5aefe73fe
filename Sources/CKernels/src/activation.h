// The operands of the activation kernels.
#ifndef CKERNELS_SRC_ACTIVATION_H
#define CKERNELS_SRC_ACTIVATION_H

#include "ckernels.h"

namespace ck {

// Up to three inputs and two outputs of one type, and which of them a kernel means.
struct Pointwise {
  ck_activation activation;
  ck_dtype dtype;
  void *outputs[2];
  const void *inputs[3];
};

}  // namespace ck
#endif
