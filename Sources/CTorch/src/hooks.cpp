// Hooks on tensors and on what is saved for the backward pass.
#include "boundary.h"

#include "ctorch/autograd.h"

#include <torch/csrc/autograd/engine.h>
#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/saved_variable_hooks.h>
#include <torch/csrc/autograd/variable.h>

#include <algorithm>

using namespace ct;

namespace {

// One closure on one tensor; empty once it was removed.
struct Hook {
  Hook(Owned closure, ct_hook_callback callback) : closure(std::move(closure)), callback(callback) {}

  at::Tensor call(at::Tensor tensor) {
    if (!closure.has_value()) return at::Tensor();
    // The closure may remove its own hook.
    Owned kept = *closure;
    ct_tensor replacement = nullptr;
    void *error = callback(kept.get(), wrap(std::move(tensor)), &replacement);
    at::Tensor replaced = adopt(replacement);
    kept.check(error);
    return replaced;
  }

  std::optional<Owned> closure;
  ct_hook_callback callback;
};

// The one post-accumulation slot of a leaf holds any number of hooks.
struct AccumulationHooks final : torch::autograd::PostAccumulateGradHook {
  void operator()(const at::Tensor &leaf) override {
    auto current = hooks;
    for (auto &hook : current) hook->call(leaf);
  }

  void add(std::shared_ptr<Hook> hook) {
    std::erase_if(hooks, [](auto &known) { return !known->closure.has_value(); });
    hooks.push_back(std::move(hook));
  }

  std::vector<std::shared_ptr<Hook>> hooks;
};

ct_hook handle(std::shared_ptr<Hook> hook) {
  return reinterpret_cast<ct_hook>(new std::shared_ptr<Hook>(std::move(hook)));
}

std::shared_ptr<Hook> &hook(ct_hook handle) { return *reinterpret_cast<std::shared_ptr<Hook> *>(handle); }

struct SavedTensorClosures {
  Owned closures;
  ct_pack_callback pack;
  ct_unpack_callback unpack;
};

std::vector<SavedTensorClosures> &savedTensorStack() {
  static thread_local std::vector<SavedTensorClosures> stack;
  return stack;
}

// What stands in the graph for one saved tensor: the object that the pack closure made of it.
struct PackedTensor final : torch::autograd::SavedVariableHooks {
  explicit PackedTensor(SavedTensorClosures closures) : closures(std::move(closures)) {}

  void call_pack_hook(const at::Tensor &tensor) override {
    void *object = nullptr;
    // Detached, since a result that an operation saves would otherwise hold the graph that holds it.
    closures.closures.check(closures.pack(closures.closures.get(), wrap(tensor.detach()), &object));
    packed = closures.closures.sibling(object);
  }

  at::Tensor call_unpack_hook() override {
    TORCH_CHECK(packed.has_value(), "a saved tensor was unpacked that had never been packed");
    ct_tensor result = nullptr;
    closures.closures.check(closures.unpack(closures.closures.get(), packed->get(), &result));
    return adopt(result);
  }

  SavedTensorClosures closures;
  std::optional<Owned> packed;
};

// libtorch asks its engine for the hooks of tensors being saved; the plain one has none.
struct HookedEngine final : torch::autograd::Engine {
  HookedEngine() = default;

  std::unique_ptr<torch::autograd::SavedVariableHooks> get_default_saved_variable_hooks() override {
    auto &stack = savedTensorStack();
    if (stack.empty()) return nullptr;
    return std::make_unique<PackedTensor>(stack.back());
  }

  // One for the life of the process, never destroyed: worker threads may outlive every static object.
  static torch::autograd::Engine &shared() {
    static auto *engine = new HookedEngine;
    return *engine;
  }
};

}  // namespace

namespace ct {

void installEngine() { torch::autograd::set_default_engine_stub(&HookedEngine::shared); }

}  // namespace ct

extern "C" {

ct_status ct_hook_after_accumulation(
    ct_tensor leaf, ct_owned closure, ct_hook_callback callback, ct_hook *result) noexcept {
  return boundary([&] {
    auto made = std::make_shared<Hook>(Owned(closure), callback);
    auto tensor = unwrap(leaf);
    TORCH_CHECK(
        tensor->is_leaf() && tensor->requires_grad(), "only a leaf that requires a gradient accumulates one");
    auto &slot = torch::autograd::impl::post_acc_grad_hooks(tensor);
    if (slot == nullptr) {
      torch::autograd::impl::set_post_acc_grad_hooks(tensor, std::make_unique<AccumulationHooks>());
    }
    auto *hooks = dynamic_cast<AccumulationHooks *>(torch::autograd::impl::post_acc_grad_hooks(tensor).get());
    TORCH_CHECK(hooks != nullptr, "the tensor's accumulation hook belongs to other software");
    hooks->add(made);
    *result = handle(made);
  });
}

ct_status ct_hook_on_gradient(
    ct_tensor target, ct_owned closure, ct_hook_callback callback, ct_hook *result) noexcept {
  return boundary([&] {
    auto made = std::make_shared<Hook>(Owned(closure), callback);
    unwrap(target)->register_hook([made](at::Tensor gradient) { return made->call(std::move(gradient)); });
    *result = handle(made);
  });
}

void ct_hook_remove(ct_hook handle) noexcept { hook(handle)->closure.reset(); }

void ct_hook_release(ct_hook handle) noexcept { delete reinterpret_cast<std::shared_ptr<Hook> *>(handle); }

ct_status ct_saved_tensor_hooks_push(
    ct_owned closures, ct_pack_callback pack, ct_unpack_callback unpack) noexcept {
  return boundary([&] { savedTensorStack().push_back({Owned(closures), pack, unpack}); });
}

void ct_saved_tensor_hooks_pop(void) noexcept { savedTensorStack().pop_back(); }

}  // extern "C"
