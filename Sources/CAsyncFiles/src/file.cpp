// What the C library offers only under _GNU_SOURCE, which Swift's view of it lacks.
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "casyncfiles.h"

extern "C" {

int32_t ca_open_direct(const char *path, int32_t access) noexcept {
  return open(path, access | O_DIRECT | O_CLOEXEC);
}

int32_t ca_reserve(int32_t descriptor, int64_t byteCount) noexcept {
  while (fallocate(descriptor, 0, 0, byteCount) != 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

ca_alignment ca_direct_alignment(int32_t descriptor) noexcept {
  constexpr ca_alignment page = {4096, 4096};
#ifdef STATX_DIOALIGN
  struct statx status;
  if (statx(descriptor, "", AT_EMPTY_PATH, STATX_DIOALIGN, &status) != 0) return page;
  if (!(status.stx_mask & STATX_DIOALIGN) || status.stx_dio_mem_align == 0) return page;
  return {status.stx_dio_mem_align, status.stx_dio_offset_align};
#else
  (void)descriptor;
  return page;
#endif
}

}  // extern "C"
