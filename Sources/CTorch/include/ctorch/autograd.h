// Gradients: the backward pass, modes, nodes written in Swift, and hooks.
#ifndef CTORCH_AUTOGRAD_H
#define CTORCH_AUTOGRAD_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wnullability-completeness"

// Callbacks receive owned handles. They return NULL, or an owned error object: it ends the call in
// CT_CALLBACK and is released like the closure that made it.

// The backward pass from `roots`; `gradients` has one handle for each, NULL for a scalar root's one.
ct_status ct_backward(
    const ct_tensor *roots, const ct_tensor *gradients, size_t count, bool retain_graph) CT_NOEXCEPT;
// The gradients of the roots with respect to `inputs`, without touching the leaves; NULL where unused.
ct_status ct_gradients(
    const ct_tensor *roots, const ct_tensor *gradients, size_t count, const ct_tensor *inputs,
    size_t input_count, bool retain_graph, ct_tensor *results) CT_NOEXCEPT;

ct_status ct_tensor_set_requires_gradient(ct_tensor tensor, bool on) CT_NOEXCEPT;
// NULL where there is none.
ct_status ct_tensor_gradient(ct_tensor tensor, ct_tensor *result) CT_NOEXCEPT;
ct_status ct_tensor_set_gradient(ct_tensor tensor, ct_tensor _Nullable gradient) CT_NOEXCEPT;
// The tensor keeps its identity, hooks and gradient, and takes the other's storage, sizes and dtype.
ct_status ct_tensor_set_data(ct_tensor tensor, ct_tensor data) CT_NOEXCEPT;

// Modes of the calling thread; the setter yields what was before.
bool ct_gradient_mode(void) CT_NOEXCEPT;
bool ct_set_gradient_mode(bool on) CT_NOEXCEPT;
// Inference mode lasts until the guard is ended, on the same thread, innermost first.
void *_Nullable ct_inference_mode_begin(void) CT_NOEXCEPT;
void ct_inference_mode_end(void *_Nullable guard) CT_NOEXCEPT;

// A node of the graph whose backward is a closure: it receives a gradient for each output, NULL where none
// arrived, and stores an owned gradient for each input, NULL for none.
typedef void *_Nullable (*ct_node_backward)(
    void *object, const ct_tensor *gradients, size_t count, ct_tensor *results, size_t result_count);
// Ties `outputs`, computed from `inputs` without recording, to them by such a node. `results` receives a
// tensor over the same memory for each output. If nothing requires a gradient, there is no node and `closure`
// is released at once.
ct_status ct_node_attach(
    const char *name, const ct_tensor *inputs, size_t input_count, const ct_tensor *outputs,
    size_t output_count, ct_owned closure, ct_node_backward backward, ct_tensor *results) CT_NOEXCEPT;

// A hook's registration; ct_hook_release ends the handle, not the hook, which lives as long as its tensor.
typedef struct ct_hook_s *ct_hook;
// `replacement` is ignored after an accumulation; before it, NULL keeps the gradient as it is.
typedef void *_Nullable (*ct_hook_callback)(void *object, ct_tensor tensor, ct_tensor *replacement);
// Called with the leaf itself, whenever its gradient has been added to.
ct_status ct_hook_after_accumulation(
    ct_tensor leaf, ct_owned closure, ct_hook_callback callback, ct_hook *result) CT_NOEXCEPT;
// Called with the tensor's gradient, before it goes further.
ct_status ct_hook_on_gradient(ct_tensor tensor, ct_owned closure, ct_hook_callback callback, ct_hook *result)
    CT_NOEXCEPT;
void ct_hook_remove(ct_hook hook) CT_NOEXCEPT;
void ct_hook_release(ct_hook hook) CT_NOEXCEPT;

// What becomes of tensors that are saved for the backward pass, on the calling thread, until the pop: `pack`
// stores an owned object in place of the tensor, which `unpack` turns into a tensor again.
typedef void *_Nullable (*ct_pack_callback)(void *object, ct_tensor tensor, void *_Nullable *_Nonnull packed);
typedef void *_Nullable (*ct_unpack_callback)(void *object, void *packed, ct_tensor *result);
ct_status ct_saved_tensor_hooks_push(ct_owned closures, ct_pack_callback pack, ct_unpack_callback unpack)
    CT_NOEXCEPT;
void ct_saved_tensor_hooks_pop(void) CT_NOEXCEPT;

#pragma clang diagnostic pop

#ifdef __cplusplus
}
#endif
#endif
