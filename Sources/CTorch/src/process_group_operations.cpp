// The collectives and their C face.
#include "process_group_operations.h"

#include <cstring>

namespace ct {
namespace {

// Up to this size one exchange of everything with everybody is faster than two exchanges of parts.
constexpr size_t smallBytes = 32 * 1024;

uint8_t *bytesOf(const at::Tensor &tensor) { return static_cast<uint8_t *>(tensor.mutable_data_ptr()); }

void check(const at::Tensor &tensor) {
  TORCH_CHECK(
      tensor.device().is_cpu(), "a tensor on ", tensor.device(),
      " cannot go over Gloo; it must be on the CPU");
  TORCH_CHECK(tensor.is_contiguous(), "a tensor that goes to other ranks must be contiguous");
}

size_t sum(const ct_int *counts, int ranks) {
  ct_int total = 0;
  for (int rank = 0; rank < ranks; ++rank) total += counts[rank];
  return static_cast<size_t>(total);
}

void checkCount(const at::Tensor &tensor, size_t expected, const char *what) {
  TORCH_CHECK(
      static_cast<size_t>(tensor.numel()) == expected, what, " has ", tensor.numel(),
      " elements where the parts of the ranks need ", expected);
}

class ReduceScatter : public Operation {
 public:
  ReduceScatter(
      std::shared_ptr<Connections> net, uint64_t tag, at::Tensor output, at::Tensor input, Parts parts,
      ct_reduction reduction)
      : Operation(std::move(net), tag, {output, input}),
        reduction_(*this, bytesOf(input), bytesOf(output), std::move(parts), input.scalar_type(), reduction) {
  }
  void start() override { reduction_.start(); }
  void finish() override { reduction_.finish(); }

 private:
  ScatteredReduction reduction_;
};

class AllGather : public Operation {
 public:
  AllGather(std::shared_ptr<Connections> net, uint64_t tag, at::Tensor output, at::Tensor input, Parts parts)
      : Operation(std::move(net), tag, {output, input}),
        own_(bytesOf(input)),
        gathering_(*this, bytesOf(output), std::move(parts), 0) {}
  void start() override { gathering_.start(own_); }
  void finish() override { gathering_.finish(); }

 private:
  const uint8_t *const own_;
  Gathering gathering_;
};

// Everybody sends everything to everybody, and all sum alike.
class SmallAllReduce : public Operation {
 public:
  SmallAllReduce(std::shared_ptr<Connections> net, uint64_t tag, at::Tensor tensor, ct_reduction reduction)
      : Operation(std::move(net), tag, {tensor}),
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
class LargeAllReduce : public Operation {
 public:
  LargeAllReduce(std::shared_ptr<Connections> net, uint64_t tag, at::Tensor tensor, ct_reduction reduction)
      : Operation(std::move(net), tag, {tensor}),
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
class Broadcast : public Operation {
 public:
  Broadcast(std::shared_ptr<Connections> net, uint64_t tag, at::Tensor tensor, int root)
      : Operation(std::move(net), tag, {tensor}),
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

class AllToAll : public Operation {
 public:
  AllToAll(
      std::shared_ptr<Connections> net, uint64_t tag, at::Tensor output, at::Tensor input, Parts outputParts,
      Parts inputParts)
      : Operation(std::move(net), tag, {output, input}),
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

class PointToPoint : public Operation {
 public:
  PointToPoint(std::shared_ptr<Connections> net, uint64_t tag, at::Tensor tensor, int peer, bool sends)
      : Operation(std::move(net), tag | uint64_t{1} << 63, {tensor}),
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
class Barrier : public Operation {
 public:
  Barrier(std::shared_ptr<Connections> net, uint64_t tag)
      : Operation(std::move(net), tag, {}), bytes_(static_cast<size_t>(this->net->size)) {}
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

Group &unwrapGroup(ct_group group) { return *reinterpret_cast<Group *>(group); }

Operation &unwrapWork(ct_work work) { return **reinterpret_cast<std::shared_ptr<Operation> *>(work); }

}  // namespace
}  // namespace ct

using namespace ct;

extern "C" {

void ct_group_abort(ct_group group) noexcept {
  (void)boundary([&] { unwrapGroup(group).abort(); });
}

void ct_group_release(ct_group group) noexcept { delete &unwrapGroup(group); }

ct_int ct_group_bytes_sent(ct_group group) noexcept { return unwrapGroup(group).connections->bytesSent; }

ct_status ct_all_reduce(
    ct_group group, ct_tensor tensor, ct_reduction reduction, uint64_t tag, ct_work *result) noexcept {
  return boundary([&] {
    auto &ranks = unwrapGroup(group);
    const at::Tensor data = *unwrap(tensor);
    check(data);
    checkReducible(data.scalar_type(), reduction);
    std::shared_ptr<Operation> operation;
    if (data.nbytes() <= smallBytes) {
      operation = std::make_shared<SmallAllReduce>(ranks.connections, tag, data, reduction);
    } else {
      operation = std::make_shared<LargeAllReduce>(ranks.connections, tag, data, reduction);
    }
    *result = ranks.begin(std::move(operation));
  });
}

ct_status ct_reduce(
    ct_group group, ct_tensor tensor, ct_int root, ct_reduction reduction, uint64_t tag,
    ct_work *result) noexcept {
  return boundary([&] {
    auto &ranks = unwrapGroup(group);
    const at::Tensor data = *unwrap(tensor);
    check(data);
    checkReducible(data.scalar_type(), reduction);
    std::vector<ct_int> counts(static_cast<size_t>(ranks.connections->size), 0);
    counts.at(static_cast<size_t>(root)) = data.numel();
    Parts parts(counts.data(), ranks.connections->size, data.element_size());
    *result = ranks.begin(
        std::make_shared<ReduceScatter>(ranks.connections, tag, data, data, std::move(parts), reduction));
  });
}

ct_status ct_broadcast(
    ct_group group, ct_tensor tensor, ct_int root, uint64_t tag, ct_work *result) noexcept {
  return boundary([&] {
    auto &ranks = unwrapGroup(group);
    const at::Tensor data = *unwrap(tensor);
    check(data);
    *result = ranks.begin(std::make_shared<Broadcast>(ranks.connections, tag, data, static_cast<int>(root)));
  });
}

ct_status ct_all_gather(
    ct_group group, ct_tensor output, ct_tensor input, const ct_int *counts, uint64_t tag,
    ct_work *result) noexcept {
  return boundary([&] {
    auto &ranks = unwrapGroup(group);
    const int size = ranks.connections->size;
    const at::Tensor all = *unwrap(output), own = *unwrap(input);
    check(all);
    check(own);
    TORCH_CHECK_TYPE(
        all.scalar_type() == own.scalar_type(), "the output is of ", all.scalar_type(), ", the input of ",
        own.scalar_type());
    checkCount(all, sum(counts, size), "the output");
    checkCount(own, static_cast<size_t>(counts[ranks.connections->rank]), "the input");
    Parts parts(counts, size, own.element_size());
    *result = ranks.begin(std::make_shared<AllGather>(ranks.connections, tag, all, own, std::move(parts)));
  });
}

ct_status ct_reduce_scatter(
    ct_group group, ct_tensor output, ct_tensor input, const ct_int *counts, ct_reduction reduction,
    uint64_t tag, ct_work *result) noexcept {
  return boundary([&] {
    auto &ranks = unwrapGroup(group);
    const int size = ranks.connections->size;
    const at::Tensor own = *unwrap(output), all = *unwrap(input);
    check(all);
    check(own);
    checkReducible(all.scalar_type(), reduction);
    TORCH_CHECK_TYPE(
        all.scalar_type() == own.scalar_type(), "the output is of ", own.scalar_type(), ", the input of ",
        all.scalar_type());
    checkCount(all, sum(counts, size), "the input");
    checkCount(own, static_cast<size_t>(counts[ranks.connections->rank]), "the output");
    Parts parts(counts, size, own.element_size());
    *result = ranks.begin(
        std::make_shared<ReduceScatter>(ranks.connections, tag, own, all, std::move(parts), reduction));
  });
}

ct_status ct_all_to_all(
    ct_group group, ct_tensor output, ct_tensor input, const ct_int *output_counts,
    const ct_int *input_counts, uint64_t tag, ct_work *result) noexcept {
  return boundary([&] {
    auto &ranks = unwrapGroup(group);
    const int size = ranks.connections->size, rank = ranks.connections->rank;
    const at::Tensor to = *unwrap(output), from = *unwrap(input);
    check(to);
    check(from);
    TORCH_CHECK_TYPE(
        to.scalar_type() == from.scalar_type(), "the output is of ", to.scalar_type(), ", the input of ",
        from.scalar_type());
    checkCount(to, sum(output_counts, size), "the output");
    checkCount(from, sum(input_counts, size), "the input");
    TORCH_CHECK_VALUE(
        output_counts[rank] == input_counts[rank], "rank ", rank, " keeps ", input_counts[rank],
        " elements and expects ", output_counts[rank]);
    Parts outputParts(output_counts, size, to.element_size()),
        inputParts(input_counts, size, to.element_size());
    *result = ranks.begin(
        std::make_shared<AllToAll>(
            ranks.connections, tag, to, from, std::move(outputParts), std::move(inputParts)));
  });
}

ct_status ct_send(ct_group group, ct_tensor tensor, ct_int to, uint64_t tag, ct_work *result) noexcept {
  return boundary([&] {
    auto &ranks = unwrapGroup(group);
    const at::Tensor data = *unwrap(tensor);
    check(data);
    auto operation = std::make_shared<PointToPoint>(ranks.connections, tag, data, static_cast<int>(to), true);
    *result = ranks.begin(std::move(operation), /*isCollective=*/false);
  });
}

ct_status ct_receive(ct_group group, ct_tensor tensor, ct_int from, uint64_t tag, ct_work *result) noexcept {
  return boundary([&] {
    auto &ranks = unwrapGroup(group);
    const at::Tensor data = *unwrap(tensor);
    check(data);
    auto operation =
        std::make_shared<PointToPoint>(ranks.connections, tag, data, static_cast<int>(from), false);
    *result = ranks.begin(std::move(operation), /*isCollective=*/false);
  });
}

ct_status ct_barrier(ct_group group, uint64_t tag, ct_work *result) noexcept {
  return boundary([&] {
    auto &ranks = unwrapGroup(group);
    *result = ranks.begin(std::make_shared<Barrier>(ranks.connections, tag));
  });
}

ct_status ct_work_wait(ct_work work, ct_int timeout_ms) noexcept {
  return boundary([&] { unwrapWork(work).wait(timeout_ms); });
}

bool ct_work_is_completed(ct_work work) noexcept { return unwrapWork(work).isCompleted(); }

ct_int ct_work_failed_peer(ct_work work) noexcept { return unwrapWork(work).failedPeer(); }

ct_int ct_work_bytes_sent(ct_work work) noexcept { return unwrapWork(work).bytesSent; }

void ct_work_release(ct_work work) noexcept { delete reinterpret_cast<std::shared_ptr<Operation> *>(work); }

}  // extern "C"
