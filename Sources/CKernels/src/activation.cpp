// Activations, alone and as gates, with their gradients: dispatch to activation_lanes.h.
#pragma clang fp contract(off)

#define CK_BODY "activation_lanes.h"
#include "activation.h"
#include "each_level.h"

namespace {

using Range = void (*)(const ck::Pointwise &, int64_t, int64_t) noexcept;

void run(Range range, const ck::Pointwise &operands, int64_t count, ck_executor executor) noexcept {
  ck::for_ranges(executor, count, [&](int64_t begin, int64_t end) { range(operands, begin, end); });
}

}  // namespace

extern "C" void ck_activate(
    ck_activation activation, void *output, const void *input, ck_dtype dtype, int64_t count, ck_isa level,
    ck_executor executor) noexcept {
  const ck::Pointwise operands{activation, dtype, {output, nullptr}, {input, nullptr, nullptr}};
  run(CK_SELECT(level, activate_range), operands, count, executor);
}

extern "C" void ck_activate_backward(
    ck_activation activation, void *gradient, const void *upstream, const void *input, ck_dtype dtype,
    int64_t count, ck_isa level, ck_executor executor) noexcept {
  const ck::Pointwise operands{activation, dtype, {gradient, nullptr}, {input, upstream, nullptr}};
  run(CK_SELECT(level, activate_backward_range), operands, count, executor);
}

extern "C" void ck_gate(
    ck_activation activation, void *output, const void *gate, const void *up, ck_dtype dtype, int64_t count,
    ck_isa level, ck_executor executor) noexcept {
  const ck::Pointwise operands{activation, dtype, {output, nullptr}, {gate, up, nullptr}};
  run(CK_SELECT(level, gate_range), operands, count, executor);
}

extern "C" void ck_gate_backward(
    ck_activation activation, const ck_gate_buffers *buffers, int64_t count, ck_isa level,
    ck_executor executor) noexcept {
  const ck_gate_buffers &b = *buffers;
  const ck::Pointwise operands{
      activation, b.dtype, {b.gate_gradient, b.up_gradient}, {b.gate, b.up, b.upstream}};
  run(CK_SELECT(level, gate_backward_range), operands, count, executor);
}
