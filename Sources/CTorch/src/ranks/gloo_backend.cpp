// The collectives over Gloo's connections.
#include "backend.h"
#include "gloo_parts.h"

#include <cstring>

namespace ct {
namespace {

// Up to this size one exchange of everything with everybody is faster than two exchanges of parts.
constexpr size_t smallBytes = 32 * 1024;

class ReduceScatter : public MessageOperation {
 public:
  ReduceScatter(
      std::shared_ptr<Connections> net, uint64_t tag, at::Tensor output, at::Tensor input, Parts parts,
      ct_reduction reduction)
      : MessageOperation(std::move(net), tag, {output, input}),
        reduction_(*this, bytesOf(input), bytesOf(output), std::move(parts), input.scalar_type(), reduction) {
  }
  void start() override { reduction_.start(); }
  void finish() override { reduction_.finish(); }

 private:
  ScatteredReduction reduction_;
};

class AllGather : public MessageOperation {
 public:
  AllGather(std::shared_ptr<Connections> net, uint64_t tag, at::Tensor output, at::Tensor input, Parts parts)
      : MessageOperation(std::move(net), tag, {output, input}),
        own_(bytesOf(input)),
        gathering_(*this, bytesOf(output), std::move(parts), 0) {}
  void start() override { gathering_.start(own_); }
  void finish() override { gathering_.finish(); }

 private:
  const uint8_t *const own_;
  Gathering gathering_;
};

// Everybody sends everything to everybody, and all sum alike.
class SmallAllReduce : public MessageOperation {
 public:
  SmallAllReduce(std::shared_ptr<Connections> net, uint64_t tag, at::Tensor tensor, ct_reduction reduction)
      : MessageOperation(std::move(net), tag, {tensor}),
        tensor_(tensor),
        reduction_(reduction),
        all_(new uint8_t[tensor.nbytes() * static_cast<size_t>(this->net->size)]),
        gathering_(*this, all_.get(), parts(tensor, this->net->size), 0) {}
  void start() override { gathering_.start(bytesOf(tensor_)); }
  void finish() override {
    gathering_.finish();
    std::vector<const void *> sources;
    for (int rank = 0; rank < net->size; ++rank)
      sources.push_back(all_.get() + static_cast<size_t>(rank) * tensor_.nbytes());
    reducePieces(
        bytesOf(tensor_), sources.data(), sources.size(), static_cast<size_t>(tensor_.numel()),
        tensor_.scalar_type(), reduction_);
  }

 private:
  static Parts parts(const at::Tensor &tensor, int ranks) {
    return Parts(
        std::vector<ct_int>(static_cast<size_t>(ranks), tensor.numel()).data(), ranks, tensor.element_size());
  }
  const at::Tensor tensor_;
  const ct_reduction reduction_;
  std::unique_ptr<uint8_t[]> all_;
  Gathering gathering_;
};

// Every rank sums one part, then gives it to all.
class LargeAllReduce : public MessageOperation {
 public:
  LargeAllReduce(std::shared_ptr<Connections> net, uint64_t tag, at::Tensor tensor, ct_reduction reduction)
      : MessageOperation(std::move(net), tag, {tensor}),
        parts_(static_cast<size_t>(tensor.numel()), this->net->size, tensor.element_size()),
        own_(bytesOf(tensor) + parts_.offsets[this->net->rank]),
        reduction_(*this, bytesOf(tensor), own_, parts_, tensor.scalar_type(), reduction),
        gathering_(*this, bytesOf(tensor), parts_, 1) {}
  void start() override { reduction_.start(); }
  void finish() override {
    reduction_.finish();
    gathering_.start(own_);
    gathering_.finish();
  }

 private:
  const Parts parts_;
  uint8_t *const own_;
  ScatteredReduction reduction_;
  Gathering gathering_;
};

// The root sends everything once, in parts to the others, who give them to each other.
class Broadcast : public MessageOperation {
 public:
  Broadcast(std::shared_ptr<Connections> net, uint64_t tag, at::Tensor tensor, int root)
      : MessageOperation(std::move(net), tag, {tensor}),
        data_(bytesOf(tensor)),
        size_(tensor.nbytes()),
        root_(root),
        inParts_(tensor.nbytes() > smallBytes && this->net->size > 2),
        parts_(tensor.nbytes(), this->net->size, 1, root),
        gathering_(*this, data_, parts_, 1, root) {}
  void start() override {
    if (size_ == 0) return;
    if (net->rank != root_) {
      const Part own = part(net->rank);
      messages_.push_back(receive(data_ + own.first, own.second, root_));
      return;
    }
    for (int peer = 0; peer < net->size; ++peer) {
      if (peer == root_) continue;
      const Part theirs = part(peer);
      messages_.push_back(send(data_ + theirs.first, theirs.second, peer));
    }
  }
  void finish() override {
    awaitAll(messages_);
    if (!inParts_ || net->rank == root_) return;
    gathering_.start(data_ + parts_.offsets[net->rank]);
    gathering_.finish();
  }

 private:
  using Part = std::pair<size_t, size_t>;
  Part part(int rank) const {
    return inParts_ ? Part(parts_.offsets[rank], parts_.sizes[rank]) : Part(0, size_);
  }

  uint8_t *const data_;
  const size_t size_;
  const int root_;
  const bool inParts_;
  const Parts parts_;
  Gathering gathering_;
  std::vector<MessagePointer> messages_;
};

class AllToAll : public MessageOperation {
 public:
  AllToAll(
      std::shared_ptr<Connections> net, uint64_t tag, at::Tensor output, at::Tensor input, Parts outputParts,
      Parts inputParts)
      : MessageOperation(std::move(net), tag, {output, input}),
        output_(bytesOf(output)),
        input_(bytesOf(input)),
        outputParts_(std::move(outputParts)),
        inputParts_(std::move(inputParts)) {}
  void start() override {
    for (int step = 1; step < net->size; ++step) {
      const int from = (net->rank + net->size - step) % net->size;
      if (outputParts_.sizes[from] > 0) {
        messages_.push_back(receive(output_ + outputParts_.offsets[from], outputParts_.sizes[from], from));
      }
      const int to = (net->rank + step) % net->size;
      if (inputParts_.sizes[to] > 0) {
        messages_.push_back(send(input_ + inputParts_.offsets[to], inputParts_.sizes[to], to));
      }
    }
    std::memcpy(
        output_ + outputParts_.offsets[net->rank], input_ + inputParts_.offsets[net->rank],
        inputParts_.sizes[net->rank]);
  }
  void finish() override { awaitAll(messages_); }

 private:
  uint8_t *const output_;
  const uint8_t *const input_;
  const Parts outputParts_;
  const Parts inputParts_;
  std::vector<MessagePointer> messages_;
};

class PointToPoint : public MessageOperation {
 public:
  PointToPoint(std::shared_ptr<Connections> net, uint64_t tag, at::Tensor tensor, int peer, bool sends)
      : MessageOperation(std::move(net), tag | uint64_t{1} << 63, {tensor}),
        tensor_(tensor),
        peer_(peer),
        sends_(sends) {}
  void start() override {
    if (tensor_.nbytes() == 0) return;
    uint8_t *bytes = bytesOf(tensor_);
    message_ = sends_ ? send(bytes, tensor_.nbytes(), peer_) : receive(bytes, tensor_.nbytes(), peer_);
  }
  void finish() override {
    if (message_) await(message_);
  }

 private:
  const at::Tensor tensor_;
  const int peer_;
  const bool sends_;
  MessagePointer message_;
};

// One byte to everybody.
class Barrier : public MessageOperation {
 public:
  Barrier(std::shared_ptr<Connections> net, uint64_t tag)
      : MessageOperation(std::move(net), tag, {}), bytes_(static_cast<size_t>(this->net->size)) {}
  void start() override {
    for (int peer = 0; peer < net->size; ++peer) {
      if (peer == net->rank) continue;
      messages_.push_back(receive(&bytes_[static_cast<size_t>(peer)], 1, peer));
      messages_.push_back(send(&bytes_[static_cast<size_t>(net->rank)], 1, peer));
    }
  }
  void finish() override { awaitAll(messages_); }

 private:
  std::vector<uint8_t> bytes_;
  std::vector<MessagePointer> messages_;
};

class GlooBackend : public Backend {
 public:
  GlooBackend(const StorePointer &store, int rank, const Hosts &hosts, const char *address, ct_int timeout)
      : Backend(rank, hosts.size()),
        net_(std::make_shared<Connections>(store, rank, hosts, address, timeout)) {}

  OperationPointer allReduce(const at::Tensor &data, ct_reduction reduction, uint64_t tag) override {
    if (data.nbytes() <= smallBytes) return std::make_shared<SmallAllReduce>(net_, tag, data, reduction);
    return std::make_shared<LargeAllReduce>(net_, tag, data, reduction);
  }
  OperationPointer reduce(const at::Tensor &data, int root, ct_reduction reduction, uint64_t tag) override {
    std::vector<ct_int> counts(static_cast<size_t>(size), 0);
    counts.at(static_cast<size_t>(root)) = data.numel();
    Parts parts(counts.data(), size, data.element_size());
    return std::make_shared<ReduceScatter>(net_, tag, data, data, std::move(parts), reduction);
  }
  OperationPointer broadcast(const at::Tensor &data, int root, uint64_t tag) override {
    return std::make_shared<Broadcast>(net_, tag, data, root);
  }
  OperationPointer allGather(
      const at::Tensor &output, const at::Tensor &input, Parts parts, uint64_t tag) override {
    return std::make_shared<AllGather>(net_, tag, output, input, std::move(parts));
  }
  OperationPointer reduceScatter(
      const at::Tensor &output, const at::Tensor &input, Parts parts, ct_reduction reduction,
      uint64_t tag) override {
    return std::make_shared<ReduceScatter>(net_, tag, output, input, std::move(parts), reduction);
  }
  OperationPointer allToAll(
      const at::Tensor &output, const at::Tensor &input, Parts outputParts, Parts inputParts,
      uint64_t tag) override {
    return std::make_shared<AllToAll>(
        net_, tag, output, input, std::move(outputParts), std::move(inputParts));
  }
  OperationPointer send(const at::Tensor &data, int to, uint64_t tag) override {
    return std::make_shared<PointToPoint>(net_, tag, data, to, true);
  }
  OperationPointer receive(const at::Tensor &data, int from, uint64_t tag) override {
    return std::make_shared<PointToPoint>(net_, tag, data, from, false);
  }
  OperationPointer barrier(uint64_t tag) override { return std::make_shared<Barrier>(net_, tag); }

  ct_traffic traffic() const override { return net_->traffic.values(); }
  ct_transport transport() const override { return CT_TRANSPORT_GLOO; }
  void close() override { net_->close(); }

 private:
  const std::shared_ptr<Connections> net_;
};

}  // namespace

std::unique_ptr<Backend> connectOverGloo(
    const StorePointer &store, int rank, const Hosts &hosts, const char *address, ct_int timeout) {
  return std::make_unique<GlooBackend>(store, rank, hosts, address, timeout);
}

}  // namespace ct
