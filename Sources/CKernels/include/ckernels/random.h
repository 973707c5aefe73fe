// Random numbers by position: element i of a stream depends on the stream's key and on i, on nothing else.
#ifndef CKERNELS_RANDOM_H
#define CKERNELS_RANDOM_H

#include "base.h"

CK_BEGIN

// A run of elements of a random stream, and where they go.
//
// The words come from Philox4x32 with ten rounds, the key as its key. Counter 16 g + l yields the words of
// elements 64 g + l, 64 g + 16 + l, 64 g + 32 + l and 64 g + 48 + l, so that sixteen counters fill sixteen
// lanes without moving any. A buffer may be filled in any pieces, by any number of threads or ranks: each
// names the position of its first element.
//
// Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
typedef struct {
  void *_Nullable values;
  ck_dtype dtype;
  int64_t count;
  uint64_t key;   // one stream of 2^66 elements for each
  int64_t first;  // the position of values[0] in the stream, at least 0
} ck_random_run;

// values[i] = deviation times a normal number of mean 0 and variance 1, by the method of Box and Muller: the
// words of elements 64 g + l and 64 g + 16 + l, and those 32 further on, are a pair. Drawn in f32, at most
// 6.56 from 0 before the deviation, and rounded once.
//
// Source: Box, Muller, "A note on the generation of random normal deviates", 1958.
void ck_fill_normal(
    const ck_random_run *_Nonnull run, double deviation, ck_isa level, ck_executor executor) CK_NOEXCEPT;

// values[i] = low + (high - low) u, u spread evenly over the multiples of 2^-24 in [0, 1). Drawn in f32 and
// rounded once.
void ck_fill_uniform(
    const ck_random_run *_Nonnull run, double low, double high, ck_isa level,
    ck_executor executor) CK_NOEXCEPT;

// The plain loops that define the two.
void ck_fill_normal_reference(const ck_random_run *_Nonnull run, double deviation) CK_NOEXCEPT;
void ck_fill_uniform_reference(const ck_random_run *_Nonnull run, double low, double high) CK_NOEXCEPT;

CK_END
#endif
