// The collectives of ranks that share memory, and how they come to share it.
#include <cstring>

#include "backend.h"
#include "reduction.h"
#include "shared_memory/exchange.h"
#include "shared_memory/mailboxes.h"
#include "store.h"

namespace ct {
namespace {

using shared::Exchange;

// Up to this size every rank reads all of every other one's tensor; above it each sums a part.
constexpr size_t smallBytes = 32 * 1024;

// Runs the exchanges of one rank in the order in which they were begun, on whatever thread needs a result.
class Sequence {
 public:
  Sequence(std::unique_ptr<shared::Segment> segment, uint8_t *memory)
      : segment(std::move(segment)),
        outbox_(*this->segment, memory),
        mailboxes(*this->segment, memory + shared::Outbox::byteCount(this->segment->size)) {}

  class Entry {
   public:
    virtual ~Entry() = default;
    virtual void tryStart(shared::Outbox &outbox) = 0;
    virtual void settleNow(shared::Outbox &outbox) = 0;
  };

  // Queues an exchange; the others get its first round at once if nothing is before it.
  void add(std::shared_ptr<Entry> entry) {
    std::unique_lock execution(execution_, std::try_to_lock);
    std::lock_guard lock(mutex_);
    const bool isFirst = pending_.empty();
    pending_.push_back(entry);
    if (execution && isFirst && !segment->isClosed()) entry->tryStart(outbox_);
  }

  // Runs all exchanges up to this one.
  void runUpTo(const Entry &last) {
    std::lock_guard execution(execution_);
    while (true) {
      std::shared_ptr<Entry> next;
      {
        std::lock_guard lock(mutex_);
        const bool isPending = std::any_of(
            pending_.begin(), pending_.end(), [&](const auto &entry) { return entry.get() == &last; });
        if (!isPending) return;
        next = std::move(pending_.front());
        pending_.pop_front();
      }
      next->settleNow(outbox_);
      if (next.get() == &last) return;
    }
  }

  const std::unique_ptr<shared::Segment> segment;
  std::atomic<ct_int> bytesSent{0};

 private:
  shared::Outbox outbox_;
  std::mutex execution_;
  std::mutex mutex_;
  std::deque<std::shared_ptr<Entry>> pending_;

 public:
  shared::Mailboxes mailboxes;
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
      std::shared_ptr<Sequence> sequence, uint64_t tag, std::vector<at::Tensor> tensors,
      std::unique_ptr<Exchange> exchange)
      : Operation(std::move(tensors)),
        sequence_(std::move(sequence)),
        tag_(tag),
        exchange_(std::move(exchange)) {}

  void start() override { sequence_->add(shared_from_this()); }
  void advance() override { sequence_->runUpTo(*this); }
  bool isLeftToCaller() const override { return exchange_->isSingleRound(); }
  // Whoever comes first runs what is pending: there is nothing to leave to the caller.
  bool isClaimed() const override { return true; }
  void abort() override { sequence_->segment->close(); }
  ct_int bytesSent() const override { return static_cast<ct_int>(exchange_->bytesSent()); }

  void tryStart(shared::Outbox &outbox) override { exchange_->tryStart(outbox, tag_); }
  void settleNow(shared::Outbox &outbox) override {
    outbox_ = &outbox;
    settle();
  }

 protected:
  void finish() override {
    translated([&] {
      if (sequence_->segment->isClosed()) throw shared::Closed();
      exchange_->run(*outbox_, tag_);
    });
    sequence_->bytesSent += bytesSent();
  }

 private:
  const std::shared_ptr<Sequence> sequence_;
  const uint64_t tag_;
  const std::unique_ptr<Exchange> exchange_;
  shared::Outbox *outbox_ = nullptr;
};

class TransferOperation : public Operation {
 public:
  TransferOperation(
      std::shared_ptr<Sequence> sequence, const at::Tensor &data, std::shared_ptr<shared::Transfer> transfer)
      : Operation({data}), sequence_(std::move(sequence)), transfer_(std::move(transfer)) {}
  void start() override {
    if (transfer_->size > 0) sequence_->mailboxes.post(transfer_);
  }
  void abort() override { sequence_->segment->close(); }
  ct_int bytesSent() const override {
    return transfer_->sends ? static_cast<ct_int>(transfer_->size) : 0;
  }

 protected:
  void finish() override {
    if (transfer_->size == 0) return;
    translated([&] { sequence_->mailboxes.finish(*transfer_); });
    sequence_->bytesSent += bytesSent();
  }

 private:
  const std::shared_ptr<Sequence> sequence_;
  const std::shared_ptr<shared::Transfer> transfer_;
};

shared::Reducer reducer(c10::ScalarType type, ct_reduction reduction) {
  return [type, reduction, elementSize = c10::elementSize(type)](
             void *output, const void *const *sources, size_t count, size_t bytes) {
    reducePieces(output, sources, count, bytes / elementSize, type, reduction);
  };
}

// Ranks that disagree about the size must not mix their data.
uint64_t tagWith(uint64_t tag, size_t bytes) { return tag ^ (static_cast<uint64_t>(bytes) * 0x9e3779b97f4a7c15u); }

class SharedBackend : public Backend {
 public:
  SharedBackend(std::unique_ptr<shared::Segment> segment)
      : Backend(segment->rank, segment->size), sequence_(nullptr) {
    uint8_t *memory = segment->payload();
    sequence_ = std::make_shared<Sequence>(std::move(segment), memory);
  }

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

  ct_int bytesSent() const override { return sequence_->bytesSent; }
  ct_transport transport() const override { return CT_TRANSPORT_SHARED_MEMORY; }
  void close() override { sequence_->segment->close(); }

 private:
  OperationPointer operation(
      uint64_t tag, size_t bytes, std::vector<at::Tensor> tensors, std::unique_ptr<Exchange> exchange) {
    return std::make_shared<ExchangeOperation>(
        sequence_, tagWith(tag, bytes), std::move(tensors), std::move(exchange));
  }
  OperationPointer transfer(const at::Tensor &data, int peer, uint64_t tag, bool sends) {
    return std::make_shared<TransferOperation>(
        sequence_, data,
        std::make_shared<shared::Transfer>(
            shared::Transfer{sends, peer, tag, bytesOf(data), data.nbytes()}));
  }

  std::shared_ptr<Sequence> sequence_;
};

void tell(c10d::Store &store, const std::string &key, const std::string &value) {
  store.set(key, std::vector<uint8_t>(value.begin(), value.end()));
}

std::string ask(c10d::Store &store, const std::string &key, ct_int timeout) {
  waitFor(store, key, timeout);
  const auto value = store.get(key);
  return std::string(value.begin(), value.end());
}

// True if all ranks say the same.
bool isUnanimous(
    c10d::Store &store, const std::string &topic, const std::string &own, int rank, int size, ct_int timeout) {
  tell(store, topic + std::to_string(rank), own);
  bool agrees = true;
  for (int other = 0; other < size; ++other) {
    if (other != rank) agrees = ask(store, topic + std::to_string(other), timeout) == own && agrees;
  }
  return agrees;
}

}  // namespace

std::unique_ptr<Backend> connectThroughMemory(ct_store handle, int rank, int size, ct_int timeout) {
  auto store = unwrapStore(handle);
  if (!isUnanimous(*store, "host/", shared::Segment::hostIdentity(), rank, size, timeout)) return nullptr;
  std::unique_ptr<shared::Segment> segment;
  const size_t bytes = SharedBackend::byteCount(size);
  // A machine that refuses one of the steps still has Gloo.
  try {
    if (rank == 0) segment = shared::Segment::create(rank, size, bytes);
  } catch (const std::system_error &) {
  }
  if (rank == 0) tell(*store, "segment", segment ? segment->address() : "");
  try {
    if (rank != 0) segment = shared::Segment::open(rank, size, bytes, ask(*store, "segment", timeout));
  } catch (const std::system_error &) {
  }
  const std::string outcome = segment ? "mapped" : "refused";
  if (!isUnanimous(*store, "segment/", outcome, rank, size, timeout) || !segment) return nullptr;
  return std::make_unique<SharedBackend>(std::move(segment));
}

}  // namespace ct
