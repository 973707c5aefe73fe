// The C face of libtorch: everything that Swift sees of it.
#ifndef CTORCH_H
#define CTORCH_H

#include "ctorch/autograd.h"
#include "ctorch/base.h"
#include "ctorch/op_types.h"
#include "ctorch/ops_generated.h"
#include "ctorch/optimizers.h"
#include "ctorch/parallel.h"
#include "ctorch/process_group.h"
#include "ctorch/products.h"
#include "ctorch/random.h"
#include "ctorch/runtime.h"
#include "ctorch/storage.h"
#include "ctorch/tensor.h"
#include "ctorch/window.h"

#endif
