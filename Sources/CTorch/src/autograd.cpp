// The backward pass, gradients, modes, and graph nodes written in Swift.
#include "boundary.h"

#include "ctorch/autograd.h"

#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/variable.h>

#include <algorithm>

using namespace ct;

namespace {

// A node whose backward is a Swift closure.
class ClosureNode final : public torch::autograd::Node {
 public:
  ClosureNode(std::string name, Owned closure, ct_node_backward backward, torch::autograd::edge_list &&edges)
      : Node(std::move(edges)), name_(std::move(name)), closure_(std::move(closure)), backward_(backward) {}

  std::string name() const override { return name_; }

  // The graph is not used again: what the closure holds can go.
  void release_variables() override { closure_.reset(); }

 protected:
  torch::autograd::variable_list apply(torch::autograd::variable_list &&gradients) override {
    TORCH_CHECK(
        closure_.has_value(), name_, " has already run backward and let go of what it saved; "
        "ask for retainGraph in the first backward pass to run a second one");
    // The closure may end its own node by a backward pass inside this one.
    Owned closure = *closure_;
    std::vector<ct_tensor> handles;
    handles.reserve(gradients.size());
    for (at::Tensor &gradient : gradients) handles.push_back(wrap(std::move(gradient)));
    std::vector<ct_tensor> results(num_outputs(), nullptr);
    void *error = backward_(closure.get(), handles.data(), handles.size(), results.data(), results.size());
    torch::autograd::variable_list owned(results.size());
    for (size_t i = 0; i < results.size(); ++i) owned[i] = adopt(results[i]);
    closure.check(error);
    return owned;
  }

 private:
  std::string name_;
  std::optional<Owned> closure_;
  ct_node_backward backward_;
};

}  // namespace

extern "C" {

ct_status ct_backward(
    const ct_tensor *roots, const ct_tensor *gradients, size_t count, bool retainGraph) noexcept {
  return boundary([&] {
    torch::autograd::backward(unwrapList(roots, count), unwrapList(gradients, count), retainGraph);
  });
}

ct_status ct_gradients(
    const ct_tensor *roots, const ct_tensor *gradients, size_t count, const ct_tensor *inputs,
    size_t inputCount, bool retainGraph, ct_tensor *results) noexcept {
  return boundary([&] {
    auto found = torch::autograd::grad(
        unwrapList(roots, count), unwrapList(inputs, inputCount), unwrapList(gradients, count), retainGraph,
        /*create_graph=*/false, /*allow_unused=*/true);
    for (size_t i = 0; i < inputCount; ++i) results[i] = wrap(std::move(found[i]));
  });
}

ct_status ct_tensor_set_requires_gradient(ct_tensor tensor, bool on) noexcept {
  return boundary([&] {
    TORCH_CHECK(
        on || unwrap(tensor)->is_leaf(),
        "only a leaf can stop requiring a gradient; detach the tensor instead");
    unwrap(tensor)->requires_grad_(on);
  });
}

ct_status ct_tensor_gradient(ct_tensor tensor, ct_tensor *result) noexcept {
  return boundary([&] { *result = wrap(unwrap(tensor)->grad()); });
}

ct_status ct_tensor_set_gradient(ct_tensor tensor, ct_tensor gradient) noexcept {
  return boundary([&] {
    auto target = unwrap(tensor);
    if (gradient == nullptr) {
      target->mutable_grad() = at::Tensor();
      return;
    }
    auto value = unwrap(gradient);
    TORCH_CHECK(
        target->sizes() == value->sizes(), "a gradient of shape ", value->sizes(), " for a tensor of shape ",
        target->sizes());
    TORCH_CHECK_TYPE(
        target->scalar_type() == value->scalar_type(), "a gradient of dtype ", value->scalar_type(),
        " for a tensor of dtype ", target->scalar_type());
    TORCH_CHECK(
        target->device() == value->device(), "a gradient on ", value->device(), " for a tensor on ",
        target->device());
    target->mutable_grad() = *value;
  });
}

ct_status ct_tensor_set_data(ct_tensor tensor, ct_tensor data) noexcept {
  return boundary([&] { unwrap(tensor)->set_data(unwrap(data)); });
}

bool ct_gradient_mode(void) noexcept { return c10::GradMode::is_enabled(); }

bool ct_set_gradient_mode(bool on) noexcept {
  bool before = c10::GradMode::is_enabled();
  c10::GradMode::set_enabled(on);
  return before;
}

void *ct_inference_mode_begin(void) noexcept { return new c10::InferenceMode(true); }

void ct_inference_mode_end(void *guard) noexcept { delete static_cast<c10::InferenceMode *>(guard); }

ct_status ct_node_attach(
    const char *name, const ct_tensor *inputs, size_t inputCount, const ct_tensor *outputs,
    size_t outputCount, ct_owned owned, ct_node_backward backward, ct_tensor *results) noexcept {
  return boundary([&] {
    Owned closure(owned);
    auto sources = unwrapList(inputs, inputCount);
    auto made = unwrapList(outputs, outputCount);
    bool records = c10::GradMode::is_enabled() &&
                   std::any_of(sources.begin(), sources.end(), [](auto &t) { return t.requires_grad(); });
    std::shared_ptr<ClosureNode> node;
    if (records) {
      node = std::shared_ptr<ClosureNode>(
          new ClosureNode(
              name, std::move(closure), backward, torch::autograd::collect_next_edges(sources)),
          torch::autograd::deleteNode);
    }
    std::vector<at::Tensor> tied;
    for (at::Tensor &output : made) {
      // A tensor of its own over the same memory: an output may be an input handed through.
      at::Tensor alias = output.detach();
      if (records) {
        if (alias.is_floating_point()) {
          torch::autograd::create_gradient_edge(alias, node);
        } else {
          node->add_input_metadata(torch::autograd::Node::undefined_input());
        }
      }
      tied.push_back(std::move(alias));
    }
    for (size_t i = 0; i < tied.size(); ++i) results[i] = wrap(std::move(tied[i]));
  });
}

}  // extern "C"
