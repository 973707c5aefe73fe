// Hand-written CPU kernels of DeepSpeed for Swift: fused optimizer steps, reductions and conversions over
// flat buffers. Plain C interface, raw pointers, no allocation, no exceptions, no global state.
//
// Every kernel promises the same bits at every instruction-set level and for every number of threads: no
// multiply-add contraction, fixed summation order. A result therefore never depends on the machine.
#ifndef CKERNELS_H
#define CKERNELS_H

#include "ckernels/base.h"
#include "ckernels/cpu.h"
#include "ckernels/adagrad.h"
#include "ckernels/adam.h"
#include "ckernels/bandwidth.h"
#include "ckernels/elementwise.h"
#include "ckernels/formats.h"
#include "ckernels/groups.h"
#include "ckernels/lamb.h"
#include "ckernels/layers.h"
#include "ckernels/lion.h"
#include "ckernels/random.h"
#include "ckernels/reduction.h"
#include "ckernels/sgd.h"
#include "ckernels/update.h"

#endif
