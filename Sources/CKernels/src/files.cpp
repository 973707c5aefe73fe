#include "ckernels/formats.h"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>

int32_t ck_exchange_paths(const char *first, const char *second) noexcept {
#if defined(RENAME_EXCHANGE)
  return renameat2(AT_FDCWD, first, AT_FDCWD, second, RENAME_EXCHANGE) == 0 ? 0 : errno;
#else
  (void)first;
  (void)second;
  return ENOSYS;
#endif
}
