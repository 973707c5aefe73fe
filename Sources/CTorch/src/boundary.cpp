// From C++ exceptions to kinds and messages, one record per thread.
#include "boundary.h"

#include <c10/util/Exception.h>

#include <cstdlib>
#include <cstring>
#include <new>
#include <string>

#include "ctorch/tensor.h"

namespace ct {
namespace {

struct ErrorRecord {
  std::string message;
  // What owns the Swift error until it is taken or the next failure replaces it.
  std::optional<CallbackError> callback;
};

ErrorRecord &record() {
  static thread_local ErrorRecord error;
  return error;
}

ct_status store(ct_status kind, const char *message) noexcept {
  try {
    record().callback.reset();
    record().message = message;
  } catch (...) {
    record().message.clear();
  }
  return kind;
}

// libtorch's message without the C++ stack that it may append.
ct_status store(ct_status kind, const c10::Error &error) noexcept {
  return store(kind, error.what_without_backtrace());
}

}  // namespace

CallbackError::CallbackError(ct_owned error) {
  auto release = error.release;
  error_ = std::shared_ptr<std::atomic<void *>>(
      new std::atomic<void *>(error.object), [release](std::atomic<void *> *slot) {
        if (void *object = slot->load()) release(object);
        delete slot;
      });
}

ct_status report(ct_status kind, const char *message) noexcept { return store(kind, message); }

ct_status reportCurrentException() noexcept {
  try {
    throw;
  } catch (const CallbackError &error) {
    ct_status status = store(CT_CALLBACK, error.what());
    record().callback = error;
    return status;
  } catch (const TimeoutError &error) {
    return store(CT_TIMEOUT, error.what());
  } catch (const c10::OutOfMemoryError &error) {
    return store(CT_OUT_OF_MEMORY, error);
  } catch (const std::bad_alloc &) {
    return store(CT_OUT_OF_MEMORY, "the system has no memory left");
  } catch (const c10::IndexError &error) {
    return store(CT_INDEX, error);
  } catch (const c10::TypeError &error) {
    return store(CT_TYPE, error);
  } catch (const c10::NotImplementedError &error) {
    return store(CT_NOT_IMPLEMENTED, error);
  } catch (const c10::DistError &error) {
    return store(CT_BACKEND, error);
  } catch (const c10::AcceleratorError &error) {
    return store(CT_BACKEND, error);
  } catch (const c10::Error &error) {
    return store(CT_SHAPE, error);
  } catch (const std::exception &error) {
    return store(CT_INTERNAL, error.what());
  } catch (...) {
    return store(CT_INTERNAL, "an exception of unknown type");
  }
}

void wrapList(std::vector<at::Tensor> tensors, ct_tensor **list, size_t *count) {
  size_t room = std::max<size_t>(1, tensors.size());
  auto *handles = static_cast<ct_tensor *>(std::malloc(room * sizeof(ct_tensor)));
  if (handles == nullptr) throw std::bad_alloc();
  for (size_t i = 0; i < tensors.size(); ++i) handles[i] = wrap(std::move(tensors[i]));
  *list = handles;
  *count = tensors.size();
}

}  // namespace ct

extern "C" {

const char *ct_error_message(void) noexcept { return ct::record().message.c_str(); }

void *ct_error_take_object(void) noexcept {
  auto &callback = ct::record().callback;
  if (!callback.has_value()) return nullptr;
  void *object = callback->take();
  callback.reset();
  return object;
}

}  // extern "C"
