// Memory of one rank that other ranks of the same machine read, without its taking part.
#ifndef CTORCH_WINDOW_H
#define CTORCH_WINDOW_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wnullability-completeness"

// One end of a window; ended with ct_window_release.
typedef struct ct_window_s *ct_window;

// Makes the memory, `byte_count` zeros that take room when they are first written.
ct_status ct_window_create(ct_int byte_count, ct_window *result) CT_NOEXCEPT;
// Opens another rank's memory for reading, by its address. It is not mapped, so that what is read does not count as
// this process's memory; it stays readable when the other process has ended.
ct_status ct_window_open(const char *address, ct_window *result) CT_NOEXCEPT;
void ct_window_release(ct_window window) CT_NOEXCEPT;

// The first byte of memory made here, NULL for what was opened.
void *_Nullable ct_window_memory(ct_window window) CT_NOEXCEPT;
// How other processes of this machine find it, while this process lives; at most 63 characters.
void ct_window_address(ct_window window, char *text, size_t capacity) CT_NOEXCEPT;
// Copies `byte_count` bytes from `offset` on.
ct_status ct_window_read(ct_window window, ct_int offset, void *target, ct_int byte_count) CT_NOEXCEPT;

#pragma clang diagnostic pop

#ifdef __cplusplus
}
#endif
#endif
