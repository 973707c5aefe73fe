// Scaling, conversion and accumulation of flat buffers.
#ifndef CKERNELS_ELEMENTWISE_H
#define CKERNELS_ELEMENTWISE_H

#include "base.h"

CK_BEGIN

// values[i] = values[i] * scale, in f32 with one rounding.
void ck_scale(
    void *_Nullable values, ck_dtype dtype, int64_t count, double scale, ck_isa level,
    ck_executor executor) CK_NOEXCEPT;

// destination[i] = source[i], rounded to nearest even. The buffers may be one when the types are equal, and
// must not overlap otherwise.
void ck_convert(
    void *_Nullable destination, ck_dtype destination_dtype, const void *_Nullable source,
    ck_dtype source_dtype, int64_t count, ck_isa level, ck_executor executor) CK_NOEXCEPT;

// destination[i] = destination[i] + source[i] * scale, in f32: the gradients of one more micro-batch.
void ck_accumulate(
    float *_Nullable destination, const void *_Nullable source, ck_dtype source_dtype, int64_t count,
    double scale, ck_isa level, ck_executor executor) CK_NOEXCEPT;

// The plain loops that define the three.
void ck_scale_reference(void *_Nullable values, ck_dtype dtype, int64_t count, double scale) CK_NOEXCEPT;
void ck_convert_reference(
    void *_Nullable destination, ck_dtype destination_dtype, const void *_Nullable source,
    ck_dtype source_dtype, int64_t count) CK_NOEXCEPT;
void ck_accumulate_reference(
    float *_Nullable destination, const void *_Nullable source, ck_dtype source_dtype, int64_t count,
    double scale) CK_NOEXCEPT;

CK_END
#endif
