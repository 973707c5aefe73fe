// Ranks that exchange tensors: stores for rendezvous, a group of ranks over Gloo's connections or in memory that they
// share, and the collectives, all of them asynchronous. CPU tensors only.
#ifndef CTORCH_PROCESS_GROUP_H
#define CTORCH_PROCESS_GROUP_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wnullability-completeness"

// A key-value store that ranks share; thread-safe. Owned by whoever receives it, ended with ct_store_release.
typedef struct ct_store_s *ct_store;

// `workers` is the number of ranks that the server waits for, or -1 for no wait. Port 0 lets the server
// choose; `chosen_port` tells.
ct_status ct_store_tcp(
    const char *host, uint16_t port, bool is_server, ct_int workers, ct_int timeout_ms, ct_store *result,
    uint16_t *chosen_port) CT_NOEXCEPT;
ct_status ct_store_file(const char *path, ct_int workers, ct_store *result) CT_NOEXCEPT;
ct_status ct_store_hash(ct_store *result) CT_NOEXCEPT;
// A view of a store whose keys all begin with a prefix.
ct_status ct_store_prefix(const char *prefix, ct_store store, ct_store *result) CT_NOEXCEPT;
// The same store over a connection of its own, so that a waiting thread does not block another one.
ct_status ct_store_clone(ct_store store, ct_store *result) CT_NOEXCEPT;
void ct_store_release(ct_store store) CT_NOEXCEPT;

ct_status ct_store_set(ct_store store, const char *key, const uint8_t *bytes, size_t count) CT_NOEXCEPT;
// Waits for the key; CT_TIMEOUT if it does not come. `bytes` is malloc'd for the caller, who frees it.
ct_status ct_store_get(
    ct_store store, const char *key, ct_int timeout_ms, uint8_t *_Nullable *_Nonnull bytes,
    size_t *count) CT_NOEXCEPT;
ct_status ct_store_wait(ct_store store, const char *key, ct_int timeout_ms) CT_NOEXCEPT;
ct_status ct_store_check(ct_store store, const char *key, bool *result) CT_NOEXCEPT;
// Adds to a counter and yields its new value.
ct_status ct_store_add(ct_store store, const char *key, ct_int amount, ct_int *result) CT_NOEXCEPT;
ct_status ct_store_delete(ct_store store, const char *key, bool *existed) CT_NOEXCEPT;

typedef enum : int32_t {
  CT_REDUCE_SUM = 0,
  CT_REDUCE_MEAN = 1,
  CT_REDUCE_MAX = 2,
  CT_REDUCE_MIN = 3,
  CT_REDUCE_PRODUCT = 4,
} ct_reduction;

// One rank's end of a group; ended with ct_group_release after its work is done or it was aborted.
typedef struct ct_group_s *ct_group;
// One operation under way; ended with ct_work_release. It keeps its tensors alive.
typedef struct ct_work_s *ct_work;

typedef enum : int32_t {
  // Shared memory if all ranks of the group are on one host; the hierarchy if there are several hosts with equally
  // many ranks, two or more; else Gloo.
  CT_TRANSPORT_AUTOMATIC = 0,
  CT_TRANSPORT_GLOO = 1,
  CT_TRANSPORT_SHARED_MEMORY = 2,
  // Shared memory inside every host, Gloo between ranks of the same number on their hosts.
  CT_TRANSPORT_HIERARCHY = 3,
} ct_transport;

// Bytes that a rank has given to others, by the link that they take.
typedef struct {
  ct_int within_host;
  ct_int between_hosts;
} ct_traffic;

// Names the host of this process: processes with the same name can share memory and reach each other over the
// loopback. Writes at most `capacity` bytes with a zero at the end.
void ct_host_identity(char *text, size_t capacity) CT_NOEXCEPT;

// Connects to all other ranks of the group, which call this too with the same store, hosts and transport.
// `hosts[r]` is the number of the host of rank r, `address` the name or address that this rank listens at.
ct_status ct_group_connect(
    ct_store store, ct_int rank, ct_int size, const ct_int *hosts, const char *address, ct_transport transport,
    ct_int timeout_ms, ct_group *result) CT_NOEXCEPT;
// Why the hierarchy was not taken for a group of several hosts; empty where there is nothing to say.
const char *ct_group_note(ct_group group) CT_NOEXCEPT;
// How the group's ranks reach each other: never automatic.
ct_transport ct_group_transport(ct_group group) CT_NOEXCEPT;
// Closes the connections: everything under way, here and on the other ranks, fails. Any thread may call it.
void ct_group_abort(ct_group group) CT_NOEXCEPT;
void ct_group_release(ct_group group) CT_NOEXCEPT;
// The bytes that this rank has handed to its connections so far.
ct_traffic ct_group_traffic(ct_group group) CT_NOEXCEPT;

// The operations. The upper half of `tag` is the operation's number, the same on every rank; the lower half
// says what it is about. Messages match only if both and their sizes agree, so that ranks that disagree wait
// for each other instead of mixing their data. Tensors are contiguous CPU tensors; their memory is not
// touched by the caller before the end.
ct_status ct_all_reduce(
    ct_group group, ct_tensor tensor, ct_reduction reduction, uint64_t tag, ct_work *result) CT_NOEXCEPT;
ct_status ct_reduce(
    ct_group group, ct_tensor tensor, ct_int root, ct_reduction reduction, uint64_t tag,
    ct_work *result) CT_NOEXCEPT;
ct_status ct_broadcast(ct_group group, ct_tensor tensor, ct_int root, uint64_t tag, ct_work *result)
    CT_NOEXCEPT;
// Rank r's part of `output` is `counts[r]` elements long, the parts in order of rank; this rank's part may be
// `input` itself.
ct_status ct_all_gather(
    ct_group group, ct_tensor output, ct_tensor input, const ct_int *counts, uint64_t tag,
    ct_work *result) CT_NOEXCEPT;
// Rank r receives the sum over all ranks of part r of `input`, which is `counts[r]` elements long. `output`
// may be this rank's part of `input`. Sums are made in order of rank, half precision in f32 with one
// rounding.
ct_status ct_reduce_scatter(
    ct_group group, ct_tensor output, ct_tensor input, const ct_int *counts, ct_reduction reduction,
    uint64_t tag, ct_work *result) CT_NOEXCEPT;
ct_status ct_all_to_all(
    ct_group group, ct_tensor output, ct_tensor input, const ct_int *output_counts,
    const ct_int *input_counts, uint64_t tag, ct_work *result) CT_NOEXCEPT;
ct_status ct_send(ct_group group, ct_tensor tensor, ct_int to, uint64_t tag, ct_work *result) CT_NOEXCEPT;
ct_status ct_receive(ct_group group, ct_tensor tensor, ct_int from, uint64_t tag, ct_work *result)
    CT_NOEXCEPT;
ct_status ct_barrier(ct_group group, uint64_t tag, ct_work *result) CT_NOEXCEPT;

// Waits for the end: CT_OK, the operation's failure, or CT_TIMEOUT, after which it still goes on. A negative
// time waits for ever.
ct_status ct_work_wait(ct_work work, ct_int timeout_ms) CT_NOEXCEPT;
bool ct_work_is_completed(ct_work work) CT_NOEXCEPT;
// The rank of the group whose connection failed, or -1.
ct_int ct_work_failed_peer(ct_work work) CT_NOEXCEPT;
// The bytes that this rank has handed to its connections for this operation so far.
ct_traffic ct_work_traffic(ct_work work) CT_NOEXCEPT;
// Nanoseconds from the start of the operation to its end, or until now while it goes on. An operation on which no
// other rank depends any more and which waits for its caller counts only what was done in it.
ct_int ct_work_nanoseconds(ct_work work) CT_NOEXCEPT;
void ct_work_release(ct_work work) CT_NOEXCEPT;

#pragma clang diagnostic pop

#ifdef __cplusplus
}
#endif
#endif
