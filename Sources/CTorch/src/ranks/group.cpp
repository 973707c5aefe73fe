// A group's life, and the C face of its operations.
#include "group.h"

#include <cstdio>
#include <numeric>

#include "reduction.h"
#include "shared_memory/segment.h"

namespace ct {
namespace {

void check(const at::Tensor &tensor) {
  TORCH_CHECK(
      tensor.device().is_cpu(), "a tensor on ", tensor.device(),
      " cannot go to ranks on the CPU; it must be on the CPU");
  TORCH_CHECK(tensor.is_contiguous(), "a tensor that goes to other ranks must be contiguous");
}

void checkCount(const at::Tensor &tensor, const ct_int *counts, int ranks, const char *what) {
  const ct_int expected = std::accumulate(counts, counts + ranks, ct_int{0});
  TORCH_CHECK(
      tensor.numel() == expected, what, " has ", tensor.numel(),
      " elements where the parts of the ranks need ", expected);
}

void checkTypes(const at::Tensor &output, const at::Tensor &input) {
  TORCH_CHECK_TYPE(
      output.scalar_type() == input.scalar_type(), "the output is of ", output.scalar_type(),
      ", the input of ", input.scalar_type());
}

Group &unwrapGroup(ct_group group) { return *reinterpret_cast<Group *>(group); }

Operation &unwrapWork(ct_work work) { return **reinterpret_cast<std::shared_ptr<Operation> *>(work); }

Group *connect(
    const StorePointer &store, int rank, const Hosts &hosts, const char *address, ct_transport transport,
    ct_int timeout) {
  std::unique_ptr<Backend> backend;
  std::string note;
  if (transport == CT_TRANSPORT_AUTOMATIC || transport == CT_TRANSPORT_SHARED_MEMORY) {
    if (hosts.count() == 1) backend = connectThroughMemory(*store, rank, hosts.size(), timeout);
    TORCH_CHECK(
        backend || transport == CT_TRANSPORT_AUTOMATIC,
        "the ranks cannot share memory: they are not on one host");
  }
  if (transport == CT_TRANSPORT_AUTOMATIC || transport == CT_TRANSPORT_HIERARCHY) {
    if (!backend && hosts.formHierarchy()) {
      backend = connectHierarchy(store, rank, hosts, address, timeout);
      if (!backend) note = "the ranks of a host cannot share memory";
    } else if (!backend) {
      note = hosts.obstacle();
    }
    TORCH_CHECK(
        backend || transport == CT_TRANSPORT_AUTOMATIC, "the hosts form no hierarchy",
        note.empty() ? ": it needs several hosts with the same number of ranks, two or more" : ": " + note);
  }
  if (!backend) backend = connectOverGloo(store, rank, hosts, address, timeout);
  return new Group(std::move(backend), std::move(note));
}

}  // namespace

ct_work Group::begin(std::shared_ptr<Operation> operation, bool isCollective) {
  {
    std::lock_guard lock(mutex_);
    std::erase_if(underWay_, [](const auto &other) { return other.expired(); });
    underWay_.push_back(operation);
  }
  operation->begin();
  const auto &driver = isCollective ? collectives_ : pointToPoint_;
  if (operation->isLeftToCaller()) {
    operation->whenLookedAt(
        [driver = std::weak_ptr<Driver>(driver), self = std::weak_ptr<Operation>(operation)] {
          auto thread = driver.lock();
          auto pending = self.lock();
          if (thread && pending) thread->add(std::move(pending));
        });
  } else {
    driver->add(operation);
  }
  return reinterpret_cast<ct_work>(new std::shared_ptr<Operation>(std::move(operation)));
}

void Group::abort() {
  std::lock_guard lock(mutex_);
  backend->close();
  for (auto &weak : underWay_) {
    if (auto operation = weak.lock()) operation->abort();
  }
}

}  // namespace ct

using namespace ct;

extern "C" {

ct_status ct_group_connect(
    ct_store store, ct_int rank, ct_int size, const ct_int *hosts, const char *address, ct_transport transport,
    ct_int timeout_ms, ct_group *result) noexcept {
  return boundary([&] {
    *result = reinterpret_cast<ct_group>(connect(
        unwrapStore(store), static_cast<int>(rank), Hosts(hosts, static_cast<int>(size)), address, transport,
        timeout_ms));
  });
}

const char *ct_group_note(ct_group group) noexcept { return unwrapGroup(group).note.c_str(); }

void ct_host_identity(char *text, size_t capacity) noexcept {
  std::snprintf(text, capacity, "%s", shared::Segment::hostIdentity().c_str());
}

void ct_group_abort(ct_group group) noexcept {
  (void)boundary([&] { unwrapGroup(group).abort(); });
}

void ct_group_release(ct_group group) noexcept { delete &unwrapGroup(group); }

ct_traffic ct_group_traffic(ct_group group) noexcept { return unwrapGroup(group).backend->traffic(); }

ct_transport ct_group_transport(ct_group group) noexcept { return unwrapGroup(group).backend->transport(); }

ct_status ct_all_reduce(
    ct_group group, ct_tensor tensor, ct_reduction reduction, uint64_t tag, ct_work *result) noexcept {
  return boundary([&] {
    auto &ranks = unwrapGroup(group);
    const at::Tensor data = *unwrap(tensor);
    check(data);
    checkReducible(data.scalar_type(), reduction);
    *result = ranks.begin(ranks.backend->allReduce(data, reduction, tag));
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
    *result = ranks.begin(ranks.backend->reduce(data, static_cast<int>(root), reduction, tag));
  });
}

ct_status ct_broadcast(
    ct_group group, ct_tensor tensor, ct_int root, uint64_t tag, ct_work *result) noexcept {
  return boundary([&] {
    auto &ranks = unwrapGroup(group);
    const at::Tensor data = *unwrap(tensor);
    check(data);
    *result = ranks.begin(ranks.backend->broadcast(data, static_cast<int>(root), tag));
  });
}

ct_status ct_all_gather(
    ct_group group, ct_tensor output, ct_tensor input, const ct_int *counts, uint64_t tag,
    ct_work *result) noexcept {
  return boundary([&] {
    auto &ranks = unwrapGroup(group);
    const int rank = ranks.backend->rank, size = ranks.backend->size;
    const at::Tensor all = *unwrap(output), own = *unwrap(input);
    check(all);
    check(own);
    checkTypes(all, own);
    checkCount(all, counts, size, "the output");
    checkCount(own, counts + rank, 1, "the input");
    *result = ranks.begin(ranks.backend->allGather(all, own, Parts(counts, size, own.element_size()), tag));
  });
}

ct_status ct_reduce_scatter(
    ct_group group, ct_tensor output, ct_tensor input, const ct_int *counts, ct_reduction reduction,
    uint64_t tag, ct_work *result) noexcept {
  return boundary([&] {
    auto &ranks = unwrapGroup(group);
    const int rank = ranks.backend->rank, size = ranks.backend->size;
    const at::Tensor own = *unwrap(output), all = *unwrap(input);
    check(all);
    check(own);
    checkReducible(all.scalar_type(), reduction);
    checkTypes(own, all);
    checkCount(all, counts, size, "the input");
    checkCount(own, counts + rank, 1, "the output");
    *result = ranks.begin(
        ranks.backend->reduceScatter(own, all, Parts(counts, size, own.element_size()), reduction, tag));
  });
}

ct_status ct_all_to_all(
    ct_group group, ct_tensor output, ct_tensor input, const ct_int *output_counts,
    const ct_int *input_counts, uint64_t tag, ct_work *result) noexcept {
  return boundary([&] {
    auto &ranks = unwrapGroup(group);
    const int rank = ranks.backend->rank, size = ranks.backend->size;
    const at::Tensor to = *unwrap(output), from = *unwrap(input);
    check(to);
    check(from);
    checkTypes(to, from);
    checkCount(to, output_counts, size, "the output");
    checkCount(from, input_counts, size, "the input");
    TORCH_CHECK_VALUE(
        output_counts[rank] == input_counts[rank], "rank ", rank, " keeps ", input_counts[rank],
        " elements and expects ", output_counts[rank]);
    *result = ranks.begin(
        ranks.backend->allToAll(
            to, from, Parts(output_counts, size, to.element_size()),
            Parts(input_counts, size, to.element_size()), tag));
  });
}

ct_status ct_send(ct_group group, ct_tensor tensor, ct_int to, uint64_t tag, ct_work *result) noexcept {
  return boundary([&] {
    auto &ranks = unwrapGroup(group);
    const at::Tensor data = *unwrap(tensor);
    check(data);
    *result = ranks.begin(ranks.backend->send(data, static_cast<int>(to), tag), /*isCollective=*/false);
  });
}

ct_status ct_receive(ct_group group, ct_tensor tensor, ct_int from, uint64_t tag, ct_work *result) noexcept {
  return boundary([&] {
    auto &ranks = unwrapGroup(group);
    const at::Tensor data = *unwrap(tensor);
    check(data);
    *result = ranks.begin(ranks.backend->receive(data, static_cast<int>(from), tag), /*isCollective=*/false);
  });
}

ct_status ct_barrier(ct_group group, uint64_t tag, ct_work *result) noexcept {
  return boundary([&] {
    auto &ranks = unwrapGroup(group);
    *result = ranks.begin(ranks.backend->barrier(tag));
  });
}

ct_status ct_work_wait(ct_work work, ct_int timeout_ms) noexcept {
  return boundary([&] { unwrapWork(work).wait(timeout_ms); });
}

bool ct_work_is_completed(ct_work work) noexcept { return unwrapWork(work).isCompleted(); }

ct_int ct_work_failed_peer(ct_work work) noexcept { return unwrapWork(work).failedPeer(); }

ct_traffic ct_work_traffic(ct_work work) noexcept { return unwrapWork(work).traffic(); }

ct_int ct_work_nanoseconds(ct_work work) noexcept { return unwrapWork(work).elapsed().count(); }

void ct_work_release(ct_work work) noexcept { delete reinterpret_cast<std::shared_ptr<Operation> *>(work); }

}  // extern "C"
