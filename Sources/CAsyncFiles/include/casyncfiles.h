// Asynchronous reads and writes of files for DeepSpeed for Swift: io_uring, or a pool of threads where the kernel
// refuses it. Plain C interface, no exceptions, no global state; every function may be called from any thread.
#ifndef CASYNCFILES_H
#define CASYNCFILES_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
#define CA_NOEXCEPT noexcept
extern "C" {
#else
#define CA_NOEXCEPT
#endif

#define CA_CLOSED_ENUM __attribute__((enum_extensibility(closed)))
#define CA_NAMED(name) __attribute__((swift_name(#name)))

// How the kernel is asked.
typedef enum CA_CLOSED_ENUM : int32_t {
  CA_AUTOMATIC CA_NAMED(automatic) = 0, // io_uring where the kernel has it, threads elsewhere
  CA_RING CA_NAMED(ring) = 1,           // io_uring
  CA_THREADS CA_NAMED(threads) = 2,     // pread and pwrite on threads
} ca_backend;

typedef struct {
  int64_t block_size;    // bytes of one request to the kernel; a multiple of every file's offset alignment
  int32_t queue_depth;   // blocks in flight for each worker
  int32_t worker_count;  // threads that share each operation by byte ranges
  bool single_submit;    // one system call for each block
  bool overlap_events;   // start new blocks as others end, instead of when all have ended
  ca_backend backend;
} ca_settings;

// An open file. Blocks that meet both alignments go through `direct`, all others through `buffered`.
typedef struct {
  int32_t direct;   // a descriptor with O_DIRECT, or -1
  int32_t buffered; // a descriptor without
  int64_t offset_alignment;
  int64_t memory_alignment;
} ca_file;

typedef struct {
  ca_file file;
  bool is_write;
  void *_Nullable memory; // stays valid until the operation has ended
  int64_t byte_count;
  int64_t offset;
} ca_request;

// How an operation ended.
typedef struct {
  int32_t error;  // 0, an errno value, or CA_END_OF_FILE
  int64_t offset; // of the block that failed
} ca_result;

// The file ended before the last byte that was to be read.
#define CA_END_OF_FILE (-1)

// What a file with O_DIRECT asks of transfers, in bytes.
typedef struct {
  int64_t memory;
  int64_t offset;
} ca_alignment;

// Opens a file once more, with O_DIRECT; `access` is O_RDONLY or O_RDWR. -1 where the file system refuses it.
int32_t ca_open_direct(const char *_Nonnull path, int32_t access) CA_NOEXCEPT;
// Sets the first `byte_count` bytes of a file aside and makes it that long. Yields 0 or an errno value.
int32_t ca_reserve(int32_t descriptor, int64_t byte_count) CA_NOEXCEPT;
// 4096 where the kernel does not tell.
ca_alignment ca_direct_alignment(int32_t descriptor) CA_NOEXCEPT;

typedef struct ca_queue_s *ca_queue;
typedef struct ca_operation_s *ca_operation;

// Starts a queue with its workers; the caller owns it and ends it with ca_queue_close. Yields 0 or an errno value,
// for CA_RING also the one with which the kernel refuses.
int32_t ca_queue_open(const ca_settings *_Nonnull settings, ca_queue _Nullable *_Nonnull result) CA_NOEXCEPT;
// Waits for all operations and ends the workers.
void ca_queue_close(ca_queue _Nonnull queue) CA_NOEXCEPT;
// CA_RING or CA_THREADS.
ca_backend ca_queue_backend(ca_queue _Nonnull queue) CA_NOEXCEPT;

// Starts an operation. The result is owned by the caller and ended with ca_operation_release.
ca_operation _Nonnull ca_start(ca_queue _Nonnull queue, const ca_request *_Nonnull request) CA_NOEXCEPT;
bool ca_operation_has_ended(ca_operation _Nonnull operation) CA_NOEXCEPT;
// Waits for the end. May be called again.
ca_result ca_operation_wait(ca_operation _Nonnull operation) CA_NOEXCEPT;
// The operation itself goes on if it has not ended.
void ca_operation_release(ca_operation _Nonnull operation) CA_NOEXCEPT;

#ifdef __cplusplus
}
#endif
#endif
