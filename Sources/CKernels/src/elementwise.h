// The plain loops of scaling, conversion and accumulation over the elements [begin, end).
#ifndef CKERNELS_SRC_ELEMENTWISE_H
#define CKERNELS_SRC_ELEMENTWISE_H

#include "loops.h"
#include "scalar.h"

namespace ck {

// A destination and a source with their types.
struct Transfer {
  void *destination;
  ck_dtype destination_dtype;
  const void *source;
  ck_dtype source_dtype;
};

void scale_reference(const Transfer &t, float scale, int64_t begin, int64_t end) noexcept;
void convert_reference(const Transfer &t, int64_t begin, int64_t end) noexcept;
void accumulate_reference(const Transfer &t, float scale, int64_t begin, int64_t end) noexcept;

}  // namespace ck
#endif
