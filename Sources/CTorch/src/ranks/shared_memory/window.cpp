// Windows are memory files without a name, which vanish with the last process that has them open. Peers read them with
// pread: copying through the kernel costs little more than a mapped copy and leaves no page in the reader's account.
#include "ctorch/window.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <system_error>

#include "../../boundary.h"

namespace ct {
namespace {

[[noreturn]] void fail(const char *what) {
  C10_THROW_ERROR(DistBackendError, std::string(what) + ": " + std::strerror(errno));
}

class Window {
 public:
  explicit Window(size_t bytes) : file_(memfd_create("deepspeed-window", MFD_CLOEXEC)), bytes_(bytes) {
    if (file_ < 0) fail("no memory file for a window that ranks read");
    if (bytes == 0) return;
    void *memory = MAP_FAILED;
    if (ftruncate(file_, static_cast<off_t>(bytes)) == 0) {
      memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file_, 0);
    }
    if (memory == MAP_FAILED) {
      const int reason = errno;
      ::close(file_);
      errno = reason;
      fail("no room for a window that ranks read");
    }
    memory_ = memory;
    // Large pages where the system has them for shared memory; it need not.
    madvise(memory_, bytes, MADV_HUGEPAGE);
  }
  explicit Window(const char *address) : file_(::open(address, O_RDONLY | O_CLOEXEC)) {
    if (file_ < 0) fail("another rank's window does not open");
  }
  ~Window() {
    if (memory_ != nullptr) munmap(memory_, bytes_);
    ::close(file_);
  }
  Window(const Window &) = delete;

  void *memory() const { return memory_; }

  std::string address() const {
    return "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(file_);
  }

  void read(size_t offset, void *target, size_t count) const {
    auto *out = static_cast<char *>(target);
    while (count > 0) {
      const ssize_t got = pread(file_, out, count, static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) fail("another rank's window cannot be read");
      TORCH_CHECK(got > 0, "another rank's window ends at byte ", offset, ", ", count, " bytes too early");
      out += got;
      offset += static_cast<size_t>(got);
      count -= static_cast<size_t>(got);
    }
  }

 private:
  const int file_;
  const size_t bytes_ = 0;
  void *memory_ = nullptr;
};

Window &unwrapWindow(ct_window window) { return *reinterpret_cast<Window *>(window); }

void give(const std::string &value, char *text, size_t capacity) {
  std::snprintf(text, capacity, "%s", value.c_str());
}

}  // namespace
}  // namespace ct

using namespace ct;

extern "C" {

ct_status ct_window_create(ct_int byte_count, ct_window *result) noexcept {
  return boundary([&] {
    *result = reinterpret_cast<ct_window>(new Window(static_cast<size_t>(byte_count)));
  });
}

ct_status ct_window_open(const char *address, ct_window *result) noexcept {
  return boundary([&] { *result = reinterpret_cast<ct_window>(new Window(address)); });
}

void ct_window_release(ct_window window) noexcept { delete reinterpret_cast<Window *>(window); }

void *ct_window_memory(ct_window window) noexcept { return unwrapWindow(window).memory(); }

void ct_window_address(ct_window window, char *text, size_t capacity) noexcept {
  give(unwrapWindow(window).address(), text, capacity);
}

ct_status ct_window_read(ct_window window, ct_int offset, void *target, ct_int byte_count) noexcept {
  return boundary([&] {
    unwrapWindow(window).read(static_cast<size_t>(offset), target, static_cast<size_t>(byte_count));
  });
}

}  // extern "C"
