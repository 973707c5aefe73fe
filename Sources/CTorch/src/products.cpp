// oneDNN's products with a bias. ATen's own operators send float32 to MKL and add the bias apart in bfloat16;
// this one is registered by libtorch for compiled graphs, has no entry in native_functions.yaml and is
// therefore looked up by name.
#include "boundary.h"

#include "ctorch/products.h"

#include <ATen/core/List.h>
#include <ATen/core/dispatch/Dispatcher.h>

namespace {

const std::optional<c10::OperatorHandle> &oneDNNLinear() {
  static const auto found = c10::Dispatcher::singleton().findSchema({"mkldnn::_linear_pointwise", ""});
  return found;
}

}  // namespace

using namespace ct;

extern "C" {

bool ct_onednn_linear_exists(void) noexcept { return oneDNNLinear().has_value(); }

ct_status ct_onednn_linear(
    ct_tensor input, ct_tensor weight, ct_tensor bias, ct_tensor *result) noexcept {
  return boundary([&] {
    TORCH_CHECK(oneDNNLinear(), "this libtorch has no products by oneDNN");
    const std::optional<at::Tensor> shift = unwrapOptional(bias);
    torch::jit::Stack stack;
    stack.emplace_back(*unwrap(input));
    stack.emplace_back(*unwrap(weight));
    stack.emplace_back(shift);
    stack.emplace_back("none");
    stack.emplace_back(c10::List<std::optional<at::Scalar>>());
    stack.emplace_back(c10::IValue());
    oneDNNLinear()->callBoxed(&stack);
    *result = wrap(stack.back().toTensor());
  });
}

}  // extern "C"
