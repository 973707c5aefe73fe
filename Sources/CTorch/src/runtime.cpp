// Start of the process's part of libtorch, threads, devices, precision.
#include "boundary.h"

#include "ctorch/runtime.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <c10/util/Logging.h>
#include <torch/headeronly/version.h>

#include <dlfcn.h>
#include <unistd.h>

#include <cstdlib>
#include <mutex>
#include <string>

#include "allocator.h"

// Part of the MKL inside libtorch; other builds of libtorch may lack it. Its lower-case namesake is
// Fortran's.
extern "C" __attribute__((weak)) int MKL_Set_Num_Threads_Local(int count);

namespace ct {
namespace {

// Why there is no CUDA; empty when its library is open.
std::string cudaObstacle;

// The folder that libtorch was loaded from, with its slash.
std::string libraryFolder() {
  Dl_info info;
  auto *inside = reinterpret_cast<const void *>(&at::globalContext);
  if (dladdr(inside, &info) == 0 || info.dli_fname == nullptr) return "";
  std::string path = info.dli_fname;
  size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash + 1);
}

// libtorch asks its registry for CUDA once and keeps the answer, so CUDA's library has to be there before.
std::string openCUDA() {
  if (access("/proc/driver/nvidia", F_OK) != 0 && access("/dev/nvidia0", F_OK) != 0) {
    return "this machine has no NVIDIA driver";
  }
  if (dlopen("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL) == nullptr) return dlerror();
  std::string library = libraryFolder() + "libtorch_cuda.so";
  if (access(library.c_str(), R_OK) != 0) return library + " is missing: this libtorch computes on CPUs only";
  if (dlopen(library.c_str(), RTLD_LAZY | RTLD_GLOBAL) == nullptr) return dlerror();
  return "";
}

c10::impl::VirtualGuardImpl guard(ct_device place) {
  return c10::impl::VirtualGuardImpl(device(place).type());
}

bool hasQueues(ct_device place) { return device(place).type() == c10::DeviceType::CUDA; }

}  // namespace

std::atomic<bool> runtimeReady{false};

// What libtorch warns of reaches the user as an error of ours, without its stack of frames: a store that ended with
// its rank, for example. Whoever looks for a fault in libtorch asks with its own variable.
static void quietLog() {
  if (std::getenv("TORCH_CPP_LOG_LEVEL") == nullptr) FLAGS_caffe2_log_level = c10::GLOG_ERROR;
}

void startRuntime() {
  static std::once_flag once;
  std::call_once(once, [] {
    quietLog();
    cudaObstacle = openCUDA();
    installAllocator();
    installEngine();
  });
  runtimeReady.store(true, std::memory_order_release);
}

}  // namespace ct

using namespace ct;

extern "C" {

const char *ct_version(void) noexcept { return TORCH_VERSION; }

ct_status ct_set_thread_count(int32_t count) noexcept {
  return boundary([&] {
    // The first question on a thread sets its count to the process's default; only then does ours stay.
    at::get_num_threads();
    at::set_num_threads(count);
    if (MKL_Set_Num_Threads_Local != nullptr) MKL_Set_Num_Threads_Local(count);
  });
}

int32_t ct_thread_count(void) noexcept { return at::get_num_threads(); }

ct_status ct_set_interop_thread_count(int32_t count) noexcept {
  return boundary([&] { at::set_num_interop_threads(count); });
}

int32_t ct_interop_thread_count(void) noexcept { return static_cast<int32_t>(at::get_num_interop_threads()); }

ct_status ct_set_float32_precision(ct_precision precision) noexcept {
  return boundary([&] {
    const char *name = precision == CT_PRECISION_HIGHEST ? "highest"
                       : precision == CT_PRECISION_HIGH  ? "high"
                                                         : "medium";
    at::globalContext().setFloat32MatmulPrecision(name);
  });
}

int32_t ct_cuda_device_count(void) noexcept {
  int32_t count = 0;
  boundary([&] {
    if (at::globalContext().hasCUDA()) count = at::detail::getCUDAHooks().getNumGPUs();
  });
  return count;
}

const char *ct_cuda_obstacle(void) noexcept {
  boundary([] {});
  return cudaObstacle.c_str();
}

ct_status ct_device_select(ct_device place) noexcept {
  return boundary([&] {
    if (hasQueues(place)) guard(place).setDevice(device(place));
  });
}

ct_status ct_device_synchronize(ct_device place) noexcept {
  return boundary([&] {
    if (hasQueues(place)) guard(place).synchronizeDevice(device(place).index());
  });
}

}  // extern "C"
