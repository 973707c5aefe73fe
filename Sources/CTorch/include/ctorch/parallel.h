// Loops on libtorch's own threads, for kernels that must not bring a second pool.
#ifndef CTORCH_PARALLEL_H
#define CTORCH_PARALLEL_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

// Work on the items [begin, end) of a loop. Must not throw. `argument` is what the loop was started with.
typedef void (*ct_range_body)(void *_Nullable argument, int64_t begin, int64_t end);

// Runs `body` over disjoint ranges that together cover [begin, end), each at least `grain` long where possible,
// on up to as many threads as the calling thread's operations may use, and returns when all are done. `context`
// is not used: it gives the function the type that CKernels' executors have.
void ct_parallel_for(
    void *_Nullable context, int64_t begin, int64_t end, int64_t grain, ct_range_body _Nonnull body,
    void *_Nullable argument) CT_NOEXCEPT;

#ifdef __cplusplus
}
#endif
#endif
