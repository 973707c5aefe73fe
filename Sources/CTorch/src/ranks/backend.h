// How the ranks of a group reach each other: over connections, or through memory that they share.
#pragma once

#include "hosts.h"
#include "operation.h"
#include "parts.h"
#include "store.h"

namespace ct {

class Backend {
 public:
  Backend(int rank, int size) : rank(rank), size(size) {}
  virtual ~Backend() = default;
  const int rank;
  const int size;

  using OperationPointer = std::shared_ptr<Operation>;
  // Tensors are contiguous, on the CPU, and fit the parts.
  virtual OperationPointer allReduce(const at::Tensor &data, ct_reduction reduction, uint64_t tag) = 0;
  virtual OperationPointer reduce(
      const at::Tensor &data, int root, ct_reduction reduction, uint64_t tag) = 0;
  virtual OperationPointer broadcast(const at::Tensor &data, int root, uint64_t tag) = 0;
  virtual OperationPointer allGather(
      const at::Tensor &output, const at::Tensor &input, Parts parts, uint64_t tag) = 0;
  virtual OperationPointer reduceScatter(
      const at::Tensor &output, const at::Tensor &input, Parts parts, ct_reduction reduction,
      uint64_t tag) = 0;
  virtual OperationPointer allToAll(
      const at::Tensor &output, const at::Tensor &input, Parts outputParts, Parts inputParts,
      uint64_t tag) = 0;
  virtual OperationPointer send(const at::Tensor &data, int to, uint64_t tag) = 0;
  virtual OperationPointer receive(const at::Tensor &data, int from, uint64_t tag) = 0;
  virtual OperationPointer barrier(uint64_t tag) = 0;

  // Bytes that this rank has given to others, counted once for each that receives them.
  virtual ct_traffic traffic() const = 0;
  virtual ct_transport transport() const = 0;
  // The other ranks see that this one has left; what is under way fails.
  virtual void close() = 0;
};

inline uint8_t *bytesOf(const at::Tensor &tensor) { return static_cast<uint8_t *>(tensor.mutable_data_ptr()); }

// `address` is the name or address that this rank listens at.
std::unique_ptr<Backend> connectOverGloo(
    const StorePointer &store, int rank, const Hosts &hosts, const char *address, ct_int timeout);
// For ranks of one host. Null if they cannot share memory there.
std::unique_ptr<Backend> connectThroughMemory(c10d::Store &store, int rank, int size, ct_int timeout);
// For several hosts with equally many ranks. Null if the ranks of some host cannot share memory.
std::unique_ptr<Backend> connectHierarchy(
    const StorePointer &store, int rank, const Hosts &hosts, const char *address, ct_int timeout);

}  // namespace ct
