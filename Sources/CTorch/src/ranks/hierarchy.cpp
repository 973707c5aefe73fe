// The collectives of several hosts with equally many ranks each.
//
// What can be done inside a host is done there, in shared memory; then rank j of every host talks to rank j of the
// others, so that each byte crosses between hosts once and the ranks of a host share the crossing.
#include <ATen/ops/empty.h>
#include <c10/util/Exception.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>

#include <utility>

#include "backend.h"
#include "sequence.h"

namespace ct {
namespace {

using OperationPointer = Backend::OperationPointer;

// One operation of another backend, and which of the group's ranks its ranks are.
struct Phase {
  std::function<OperationPointer()> make;
  std::vector<int> ranks;
};

// Operations of other backends, one after another, as one.
class Phased : public Operation {
 public:
  Phased(std::vector<at::Tensor> tensors, std::vector<Phase> phases)
      : Operation(std::move(tensors)), phases_(std::move(phases)) {}

  void start() override { beginNext(); }
  void abort() override {
    std::lock_guard lock(mutex_);
    isAborted_ = true;
    if (!begun_.empty()) begun_.back()->abort();
  }
  ct_traffic traffic() const override {
    std::lock_guard lock(mutex_);
    ct_traffic sum{0, 0};
    for (const auto &operation : begun_) sum = sum + operation->traffic();
    return sum;
  }

 protected:
  void finish() override {
    for (size_t index = 0; index < phases_.size(); ++index) {
      if (begun_.size() == index) beginNext();
      try {
        begun_[index]->wait(-1);
      } catch (const c10::Error &error) {
        const int peer = begun_[index]->failedPeer();
        if (peer < 0) throw;
        throw PeerError(phases_[index].ranks.at(static_cast<size_t>(peer)), error.what_without_backtrace());
      }
    }
    // They hold the tensors too.
    phases_.clear();
  }
  void beginNext() {
    std::lock_guard lock(mutex_);
    if (isAborted_) C10_THROW_ERROR(DistBackendError, "the group was aborted");
    auto operation = phases_[begun_.size()].make();
    begun_.push_back(operation);
    operation->begin();
  }

 private:
  std::vector<Phase> phases_;
  mutable std::mutex mutex_;
  std::vector<OperationPointer> begun_;
  bool isAborted_ = false;
};

// All ranks run the phases of their collectives in the same order.
class OrderedPhases : public Phased, public Sequence::Entry, public std::enable_shared_from_this<OrderedPhases> {
 public:
  OrderedPhases(
      std::shared_ptr<Sequence> sequence, std::vector<at::Tensor> tensors, std::vector<Phase> phases)
      : Phased(std::move(tensors), std::move(phases)), sequence_(std::move(sequence)) {}

  void start() override { sequence_->add(shared_from_this()); }
  void advance() override { sequence_->runUpTo(*this); }
  bool isClaimed() const override { return true; }
  void tryStart() override { beginNext(); }
  void settleNow() override { settle(); }

 private:
  const std::shared_ptr<Sequence> sequence_;
};

// Elements of a tensor, from a byte on.
at::Tensor slice(const at::Tensor &tensor, size_t offset, size_t bytes) {
  const auto width = static_cast<int64_t>(tensor.element_size());
  return tensor.detach().view({-1}).narrow(
      0, static_cast<int64_t>(offset) / width, static_cast<int64_t>(bytes) / width);
}

class Hierarchy : public Backend {
 public:
  Hierarchy(
      int rank, const Hosts &hosts, std::unique_ptr<Backend> host, std::unique_ptr<Backend> crossing,
      std::unique_ptr<Backend> everyone)
      : Backend(rank, hosts.size()),
        hosts_(hosts),
        ownHost_(hosts.hostOf(rank)),
        ownPlace_(hosts.placeOf(rank)),
        hostRanks_(hosts.members(ownHost_)),
        crossingRanks_(hosts.peers(ownPlace_)),
        host_(std::move(host)),
        crossing_(std::move(crossing)),
        everyone_(std::move(everyone)) {
    for (int other = 0; other < size; ++other) allRanks_.push_back(other);
  }

  OperationPointer allReduce(const at::Tensor &data, ct_reduction reduction, uint64_t tag) override {
    const Parts shares = hostShares(data);
    const at::Tensor own = ownShare(data, shares);
    return phased(
        {data}, {inHost([=, this] { return host_->reduceScatter(own, data, shares, reduction, tag); }),
                 across([=, this] { return crossing_->allReduce(own, reduction, tag); }),
                 inHost([=, this] { return host_->allGather(data, own, shares, tag); })});
  }

  OperationPointer reduce(const at::Tensor &data, int root, ct_reduction reduction, uint64_t tag) override {
    const Parts shares = hostShares(data);
    const at::Tensor sum = at::empty({ownShare(data, shares).numel()}, data.options());
    const int rootHost = hosts_.hostOf(root);
    std::vector<Phase> phases{
        inHost([=, this] { return host_->reduceScatter(sum, data, shares, reduction, tag); }),
        across([=, this] { return crossing_->reduce(sum, rootHost, reduction, tag); })};
    if (ownHost_ == rootHost) {
      const auto rootPlace = static_cast<size_t>(hosts_.placeOf(root));
      std::vector<size_t> nowhere(hostRanks_.size(), 0), given(hostRanks_.size(), 0);
      given[rootPlace] = sum.nbytes();
      const Parts out(nowhere, given);
      const Parts in = rank == root ? shares : Parts(nowhere, nowhere);
      phases.push_back(inHost([=, this] { return host_->allToAll(data, sum, in, out, tag); }));
    }
    return phased({data, sum}, std::move(phases));
  }

  OperationPointer broadcast(const at::Tensor &data, int root, uint64_t tag) override {
    const Parts shares = hostShares(data);
    const at::Tensor own = ownShare(data, shares);
    const int rootHost = hosts_.hostOf(root), rootPlace = hosts_.placeOf(root);
    std::vector<Phase> phases;
    if (ownHost_ == rootHost)
      phases.push_back(inHost([=, this] { return host_->broadcast(data, rootPlace, tag); }));
    phases.push_back(across([=, this] { return crossing_->broadcast(own, rootHost, tag); }));
    if (ownHost_ != rootHost)
      phases.push_back(inHost([=, this] { return host_->allGather(data, own, shares, tag); }));
    return phased({data}, std::move(phases));
  }

  // This rank's part goes to its peers on the other hosts, then the host's ranks tell each other what came.
  OperationPointer allGather(
      const at::Tensor &output, const at::Tensor &input, Parts parts, uint64_t tag) override {
    const Parts crossed = parts.of(crossingRanks_);
    std::vector<Phase> phases{across([=, this] { return crossing_->allGather(output, input, crossed, tag); })};
    for (int host = 0; host < hosts_.count(); ++host) {
      const Parts ofHost = parts.of(hosts_.members(host));
      const auto place = static_cast<size_t>(ownPlace_);
      const at::Tensor own = slice(output, ofHost.offsets[place], ofHost.sizes[place]);
      phases.push_back(inHost([=, this] { return host_->allGather(output, own, ofHost, tag); }));
    }
    return phased({output, input}, std::move(phases));
  }

  // The host's ranks sum the parts of all ranks with their own number, then the hosts sum those sums.
  OperationPointer reduceScatter(
      const at::Tensor &output, const at::Tensor &input, Parts parts, ct_reduction reduction,
      uint64_t tag) override {
    std::vector<size_t> offsets;
    size_t total = 0;
    const std::vector<size_t> sizes = parts.of(crossingRanks_).sizes;
    for (size_t bytes : sizes) {
      offsets.push_back(total);
      total += bytes;
    }
    const Parts crossed(offsets, sizes);
    const at::Tensor sums =
        at::empty({static_cast<int64_t>(total / input.element_size())}, input.options());
    std::vector<Phase> phases;
    for (int host = 0; host < hosts_.count(); ++host) {
      const Parts ofHost = parts.of(hosts_.members(host));
      const at::Tensor sum =
          slice(sums, offsets[static_cast<size_t>(host)], sizes[static_cast<size_t>(host)]);
      phases.push_back(inHost([=, this] { return host_->reduceScatter(sum, input, ofHost, reduction, tag); }));
    }
    phases.push_back(
        across([=, this] { return crossing_->reduceScatter(output, sums, crossed, reduction, tag); }));
    return phased({output, input, sums}, std::move(phases));
  }

  // What stays in the host goes through its memory, the rest from rank to rank.
  OperationPointer allToAll(
      const at::Tensor &output, const at::Tensor &input, Parts outputParts, Parts inputParts,
      uint64_t tag) override {
    const Parts outputHere = outputParts.of(hostRanks_), inputHere = inputParts.of(hostRanks_);
    for (int mate : hostRanks_) {
      outputParts.sizes[static_cast<size_t>(mate)] = 0;
      inputParts.sizes[static_cast<size_t>(mate)] = 0;
    }
    return phased(
        {output, input},
        {Phase{[=, this] { return everyone_->allToAll(output, input, outputParts, inputParts, tag); }, allRanks_},
         inHost([=, this] { return host_->allToAll(output, input, outputHere, inputHere, tag); })});
  }

  OperationPointer send(const at::Tensor &data, int to, uint64_t tag) override {
    if (!hosts_.areTogether(rank, to)) return everyone_->send(data, to, tag);
    return single(data, inHost([=, this] { return host_->send(data, hosts_.placeOf(to), tag); }));
  }
  OperationPointer receive(const at::Tensor &data, int from, uint64_t tag) override {
    if (!hosts_.areTogether(rank, from)) return everyone_->receive(data, from, tag);
    return single(data, inHost([=, this] { return host_->receive(data, hosts_.placeOf(from), tag); }));
  }

  OperationPointer barrier(uint64_t tag) override {
    const auto ofHost = inHost([=, this] { return host_->barrier(tag); });
    return phased({}, {ofHost, across([=, this] { return crossing_->barrier(tag); }), ofHost});
  }

  ct_traffic traffic() const override { return host_->traffic() + crossing_->traffic() + everyone_->traffic(); }
  ct_transport transport() const override { return CT_TRANSPORT_HIERARCHY; }
  void close() override {
    host_->close();
    crossing_->close();
    everyone_->close();
  }

 private:
  // Nearly equal parts of a tensor for the ranks of a host, the same on all hosts.
  Parts hostShares(const at::Tensor &data) const {
    return Parts(static_cast<size_t>(data.numel()), host_->size, data.element_size());
  }
  at::Tensor ownShare(const at::Tensor &data, const Parts &shares) const {
    const auto place = static_cast<size_t>(ownPlace_);
    return slice(data, shares.offsets[place], shares.sizes[place]);
  }
  Phase inHost(std::function<OperationPointer()> make) const { return {std::move(make), hostRanks_}; }
  Phase across(std::function<OperationPointer()> make) const { return {std::move(make), crossingRanks_}; }
  OperationPointer phased(std::vector<at::Tensor> tensors, std::vector<Phase> phases) const {
    return std::make_shared<OrderedPhases>(sequence_, std::move(tensors), std::move(phases));
  }
  static OperationPointer single(const at::Tensor &data, Phase phase) {
    return std::make_shared<Phased>(std::vector{data}, std::vector{std::move(phase)});
  }

  const Hosts hosts_;
  const int ownHost_;
  const int ownPlace_;
  const std::vector<int> hostRanks_;
  const std::vector<int> crossingRanks_;
  std::vector<int> allRanks_;
  // Ranks of this host; ranks with this one's number on their hosts; all of them.
  const std::unique_ptr<Backend> host_;
  const std::unique_ptr<Backend> crossing_;
  const std::unique_ptr<Backend> everyone_;
  const std::shared_ptr<Sequence> sequence_ = std::make_shared<Sequence>();
};

StorePointer part(const StorePointer &store, const std::string &name) {
  return c10::make_intrusive<c10d::PrefixStore>(name, store);
}

}  // namespace

std::unique_ptr<Backend> connectHierarchy(
    const StorePointer &store, int rank, const Hosts &hosts, const char *address, ct_int timeout) {
  const int host = hosts.hostOf(rank), place = hosts.placeOf(rank);
  const int mates = static_cast<int>(hosts.members(host).size());
  auto ofHost =
      connectThroughMemory(*part(store, "host " + std::to_string(host)), place, mates, timeout);
  if (!isUnanimous(*store, "hierarchy/", ofHost ? "mapped" : "refused", rank, hosts.size(), timeout) || !ofHost)
    return nullptr;
  auto crossing = connectOverGloo(
      part(store, "place " + std::to_string(place)), host, Hosts::apart(hosts.count()), address, timeout);
  auto everyone = connectOverGloo(part(store, "everyone"), rank, hosts, address, timeout);
  return std::make_unique<Hierarchy>(
      rank, hosts, std::move(ofHost), std::move(crossing), std::move(everyone));
}

}  // namespace ct
