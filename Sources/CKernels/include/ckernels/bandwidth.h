// What memory can do: the ceiling that streaming kernels are measured against.
#ifndef CKERNELS_BANDWIDTH_H
#define CKERNELS_BANDWIDTH_H

#include "base.h"

CK_BEGIN

// result[i] = a[i] + factor * b[i], written past the caches where `result` begins at a multiple of 64 bytes.
// McCalpin's STREAM triad: 8 bytes read and 4 written an element.
void ck_triad(
    float *_Nonnull result, const float *_Nonnull a, const float *_Nonnull b, float factor, int64_t count,
    ck_isa level, ck_executor executor) CK_NOEXCEPT;

CK_END
#endif
