// The local part of a reduction: several ranks' pieces become one.
#pragma once

#include <c10/core/ScalarType.h>

#include <cstddef>

#include "ctorch/process_group.h"
#include "stores.h"

namespace ct {

// Throws unless elements of this type can be reduced this way.
void checkReducible(c10::ScalarType type, ct_reduction reduction);

// `output[i]` = sources[0][i] (+) sources[1][i] (+) ..., in this order; half precision is summed in f32 and
// rounded once. `output` may be one of the sources; sums are the same bits with all stores.
void reducePieces(
    void *output, const void *const *sources, size_t sourceCount, size_t count, c10::ScalarType type,
    ct_reduction reduction, Stores stores = Stores::cached);

}  // namespace ct
