// The buffers that every optimizer kernel works on.
#ifndef CKERNELS_UPDATE_H
#define CKERNELS_UPDATE_H

#include "base.h"

CK_BEGIN

// The flat buffers of one step, each `count` elements long. No two may overlap.
typedef struct {
  int64_t count;
  void *_Nullable master;         // the weights; read and written
  ck_dtype master_dtype;          // f32, or a 16-bit type, which the new weights are then rounded to
  void *_Nullable states[2];      // as many as the rule has; read and written
  ck_dtype state_dtype;           // of all of them
  const void *_Nullable gradient; // read in place
  ck_dtype gradient_dtype;
  void *_Nullable copy;           // the new f32 master, rounded to copy_dtype, is written here; null: nowhere
  ck_dtype copy_dtype;            // (and always null beside 16-bit masters)
} ck_update_buffers;

// What all steps share: arithmetic is in f32 with factors that were computed in f64 and rounded once, states
// and weights are rounded to their types as they are stored, while the step itself uses the unrounded ones.
// Every level and every number of threads gives the same bits. Where the buffers of a call exceed the caches
// (128 MiB) the copy is written past them, if its first element lies at a multiple of 64 bytes.

CK_END
#endif
