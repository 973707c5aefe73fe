// The collectives of ranks that share memory, and how they come to share it.
#include "backend.h"
#include "reduction.h"
#include "sequence.h"
#include "shared_memory/exchange.h"
#include "shared_memory/mailboxes.h"

namespace ct {
namespace {

using shared::Exchange;

// Up to this size every rank reads all of every other one's tensor; above it each sums a part.
constexpr size_t smallBytes = 32 * 1024;

// What one rank has of a group's shared memory.
struct Memory {
  explicit Memory(std::unique_ptr<shared::Segment> mapping)
      : segment(std::move(mapping)),
        outbox(*segment, segment->payload()),
        mailboxes(*segment, segment->payload() + shared::Outbox::byteCount(segment->size)) {}

  const std::unique_ptr<shared::Segment> segment;
  shared::Outbox outbox;
  shared::Mailboxes mailboxes;
  Sequence exchanges;
  std::atomic<ct_int> bytesSent{0};
};

// Makes the errors of shared memory those of groups.
template <class Body>
void translated(Body &&body) {
  try {
    body();
  } catch (const shared::RankGone &gone) {
    throw PeerError(gone.rank, gone.what());
  } catch (const shared::Closed &closed) {
    C10_THROW_ERROR(DistBackendError, closed.what());
  }
}

class ExchangeOperation : public Operation,
                          public Sequence::Entry,
                          public std::enable_shared_from_this<ExchangeOperation> {
 public:
  ExchangeOperation(
      std::shared_ptr<Memory> memory, uint64_t tag, std::vector<at::Tensor> tensors,
      std::unique_ptr<Exchange> exchange)
      : Operation(std::move(tensors)), memory_(std::move(memory)), tag_(tag), exchange_(std::move(exchange)) {}

  void start() override { memory_->exchanges.add(shared_from_this()); }
  void advance() override { memory_->exchanges.runUpTo(*this); }
  bool isLeftToCaller() const override { return exchange_->isSingleRound(); }
  // Whoever comes first runs what is pending: there is nothing to leave to the caller.
  bool isClaimed() const override { return true; }
  void abort() override { memory_->segment->close(); }
  ct_traffic traffic() const override { return withinHost(static_cast<ct_int>(exchange_->bytesSent())); }

  void tryStart() override {
    if (!memory_->segment->isClosed()) exchange_->tryStart(memory_->outbox, tag_);
  }
  void settleNow() override { settle(); }

 protected:
  void finish() override {
    translated([&] {
      if (memory_->segment->isClosed()) throw shared::Closed();
      exchange_->run(memory_->outbox, tag_);
    });
    memory_->bytesSent += static_cast<ct_int>(exchange_->bytesSent());
  }

 private:
  const std::shared_ptr<Memory> memory_;
  const uint64_t tag_;
  const std::unique_ptr<Exchange> exchange_;
};

class TransferOperation : public Operation {
 public:
  TransferOperation(
      std::shared_ptr<Memory> memory, const at::Tensor &data, std::shared_ptr<shared::Transfer> transfer)
      : Operation({data}), memory_(std::move(memory)), transfer_(std::move(transfer)) {}
  void start() override {
    if (transfer_->size > 0) memory_->mailboxes.post(transfer_);
  }
  void abort() override { memory_->segment->close(); }
  ct_traffic traffic() const override {
    return withinHost(transfer_->sends ? static_cast<ct_int>(transfer_->size) : 0);
  }

 protected:
  void finish() override {
    if (transfer_->size == 0) return;
    translated([&] { memory_->mailboxes.finish(*transfer_); });
    memory_->bytesSent += traffic().within_host;
  }

 private:
  const std::shared_ptr<Memory> memory_;
  const std::shared_ptr<shared::Transfer> transfer_;
};

shared::Reducer reducer(c10::ScalarType type, ct_reduction reduction) {
  return [type, reduction, elementSize = c10::elementSize(type)](
             void *output, const void *const *sources, size_t count, size_t bytes, Stores stores) {
    reducePieces(output, sources, count, bytes / elementSize, type, reduction, stores);
  };
}

// Ranks that disagree about the size must not mix their data.
uint64_t tagWith(uint64_t tag, size_t bytes) { return tag ^ (static_cast<uint64_t>(bytes) * 0x9e3779b97f4a7c15u); }

class SharedBackend : public Backend {
 public:
  explicit SharedBackend(std::unique_ptr<shared::Segment> segment)
      : Backend(segment->rank, segment->size), memory_(std::make_shared<Memory>(std::move(segment))) {}

  static size_t byteCount(int size) {
    return shared::Outbox::byteCount(size) + shared::Mailboxes::byteCount(size);
  }

  OperationPointer allReduce(const at::Tensor &data, ct_reduction reduction, uint64_t tag) override {
    const auto sum = reducer(data.scalar_type(), reduction);
    const size_t limit = size == 2 ? shared::Outbox::slotBytes : smallBytes;
    if (data.nbytes() <= limit) {
      return operation(
          tag, data.nbytes(), {data}, shared::allReduceAtOnce(rank, size, bytesOf(data), data.nbytes(), sum));
    }
    Parts parts(static_cast<size_t>(data.numel()), size, data.element_size());
    return operation(
        tag, data.nbytes(), {data},
        shared::allReduceInParts(rank, size, bytesOf(data), std::move(parts), sum));
  }
  OperationPointer reduce(const at::Tensor &data, int root, ct_reduction reduction, uint64_t tag) override {
    std::vector<ct_int> counts(static_cast<size_t>(size), 0);
    counts.at(static_cast<size_t>(root)) = data.numel();
    return reduceScatter(data, data, Parts(counts.data(), size, data.element_size()), reduction, tag);
  }
  OperationPointer broadcast(const at::Tensor &data, int root, uint64_t tag) override {
    return operation(
        tag, data.nbytes(), {data}, shared::broadcast(rank, size, bytesOf(data), data.nbytes(), root));
  }
  OperationPointer allGather(
      const at::Tensor &output, const at::Tensor &input, Parts parts, uint64_t tag) override {
    return operation(
        tag, output.nbytes(), {output, input},
        shared::allGather(rank, size, bytesOf(input), bytesOf(output), std::move(parts)));
  }
  OperationPointer reduceScatter(
      const at::Tensor &output, const at::Tensor &input, Parts parts, ct_reduction reduction,
      uint64_t tag) override {
    const auto sum = reducer(input.scalar_type(), reduction);
    return operation(
        tag, input.nbytes(), {output, input},
        shared::reduceScatter(rank, size, bytesOf(input), bytesOf(output), std::move(parts), sum));
  }
  OperationPointer allToAll(
      const at::Tensor &output, const at::Tensor &input, Parts outputParts, Parts inputParts,
      uint64_t tag) override {
    return operation(
        tag, 0, {output, input},
        shared::allToAll(
            rank, size, bytesOf(input), bytesOf(output), std::move(inputParts),
            std::move(outputParts)));
  }
  OperationPointer send(const at::Tensor &data, int to, uint64_t tag) override {
    return transfer(data, to, tag, true);
  }
  OperationPointer receive(const at::Tensor &data, int from, uint64_t tag) override {
    return transfer(data, from, tag, false);
  }
  OperationPointer barrier(uint64_t tag) override {
    return operation(tag, 0, {}, shared::barrier(rank, size));
  }

  ct_traffic traffic() const override { return withinHost(memory_->bytesSent); }
  ct_transport transport() const override { return CT_TRANSPORT_SHARED_MEMORY; }
  void close() override { memory_->segment->close(); }

 private:
  OperationPointer operation(
      uint64_t tag, size_t bytes, std::vector<at::Tensor> tensors, std::unique_ptr<Exchange> exchange) {
    return std::make_shared<ExchangeOperation>(
        memory_, tagWith(tag, bytes), std::move(tensors), std::move(exchange));
  }
  OperationPointer transfer(const at::Tensor &data, int peer, uint64_t tag, bool sends) {
    return std::make_shared<TransferOperation>(
        memory_, data,
        std::make_shared<shared::Transfer>(
            shared::Transfer{sends, peer, tag, bytesOf(data), data.nbytes()}));
  }

  const std::shared_ptr<Memory> memory_;
};

}  // namespace

std::unique_ptr<Backend> connectThroughMemory(c10d::Store &store, int rank, int size, ct_int timeout) {
  std::unique_ptr<shared::Segment> segment;
  const size_t bytes = SharedBackend::byteCount(size);
  // A machine that refuses one of the steps still has Gloo.
  try {
    if (rank == 0) segment = shared::Segment::create(rank, size, bytes);
  } catch (const std::system_error &) {
  }
  if (rank == 0) tell(store, "segment", segment ? segment->address() : "");
  try {
    if (rank != 0) segment = shared::Segment::open(rank, size, bytes, ask(store, "segment", timeout));
  } catch (const std::system_error &) {
  }
  const std::string outcome = segment ? "mapped" : "refused";
  if (!isUnanimous(store, "segment/", outcome, rank, size, timeout) || !segment) return nullptr;
  return std::make_unique<SharedBackend>(std::move(segment));
}

}  // namespace ct
