// The optional arguments of the generated operators.
#ifndef CTORCH_OP_TYPES_H
#define CTORCH_OP_TYPES_H

#include "base.h"

typedef struct {
  bool has_value;
  double value;
} ct_optional_double;

typedef struct {
  bool has_value;
  ct_int value;
} ct_optional_int;

typedef struct {
  bool has_value;
  bool value;
} ct_optional_bool;

typedef struct {
  bool has_value;
  ct_scalar value;
} ct_optional_scalar;

#endif
