#include "gloo_connections.h"

#define USE_C10D_GLOO

#include <ATen/ops/from_blob.h>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>

#include <chrono>

namespace ct {
namespace {

// Gloo gives up a message after this time; long before it, the caller has compared the ranks and aborted.
constexpr auto neverMilliseconds = std::chrono::milliseconds(std::chrono::hours(24 * 365));

at::Tensor bytesTensor(const void *bytes, size_t count) {
  return at::from_blob(
      const_cast<void *>(bytes), {static_cast<int64_t>(count)}, at::TensorOptions(at::kByte));
}

class GlooMessage : public Message {
 public:
  GlooMessage(c10::intrusive_ptr<c10d::Work> work, int peer) : work_(std::move(work)), peer_(peer) {}
  bool wait() override {
    try {
      return work_->wait(neverMilliseconds);
    } catch (const std::exception &error) {
      throw PeerError(peer_, error.what());
    }
  }
  void abort() override { work_->abort(); }

 private:
  const c10::intrusive_ptr<c10d::Work> work_;
  const int peer_;
};

class ClosableGloo : public c10d::ProcessGroupGloo {
 public:
  using ProcessGroupGloo::ProcessGroupGloo;
  void closeConnections() {
    for (auto &context : contexts_) context->closeConnections();
  }
};

}  // namespace

struct Connections::Gloo {
  const c10::intrusive_ptr<ClosableGloo> backend;
};

// The stand-in headers of gloo_stub give some of gloo's types no layout. c10d's classes only point to them,
// which these sizes confirm for libtorch 2.11.0.
static_assert(sizeof(std::shared_ptr<gloo::Context>) == 16);
static_assert(sizeof(c10d::ProcessGroupGloo::Options) == sizeof(c10d::Backend::Options) + 32);

Connections::Connections(
    const StorePointer &store, int rank, const Hosts &hosts, const char *address, ct_int timeout)
    : rank(rank), size(hosts.size()), hosts(hosts) {
  ignoreBrokenPipes();
  auto options = c10d::ProcessGroupGloo::Options::create(std::chrono::milliseconds(timeout));
  options->devices.push_back(c10d::ProcessGroupGloo::createDeviceForHostname(address));
  options->threads = 1;
  gloo_ = std::make_unique<Gloo>(c10::make_intrusive<ClosableGloo>(store, rank, size, options));
}

Connections::~Connections() = default;

std::shared_ptr<Message> Connections::send(const void *bytes, size_t count, int to, uint32_t tag) {
  std::vector<at::Tensor> tensors{bytesTensor(bytes, count)};
  auto message = std::make_shared<GlooMessage>(gloo_->backend->send(tensors, to, static_cast<int>(tag)), to);
  traffic.add(count, hosts.areTogether(rank, to));
  return message;
}

std::shared_ptr<Message> Connections::receive(void *bytes, size_t count, int from, uint32_t tag) {
  std::vector<at::Tensor> tensors{bytesTensor(bytes, count)};
  return std::make_shared<GlooMessage>(gloo_->backend->recv(tensors, from, static_cast<int>(tag)), from);
}

void Connections::close() {
  if (!isClosed_.exchange(true)) gloo_->backend->closeConnections();
}

// 10 bits of number and 20 of content: messages under way at the same time differ, and so do, but for one
// chance in a million, those of ranks that disagree. Bit 30 keeps point-to-point messages apart.
uint32_t MessageOperation::messageTag(size_t count, int phase) const {
  uint64_t content =
      (tag_ & 0xffffffffu) ^ (static_cast<uint64_t>(phase) << 40) ^ (static_cast<uint64_t>(count) << 3);
  content *= 0x9e3779b97f4a7c15u;
  content ^= content >> 29;
  content *= 0xbf58476d1ce4e5b9u;
  return static_cast<uint32_t>(((tag_ >> 32) & 0x3ffu) << 20 | content >> 44) | (tag_ >> 63 ? 1u << 30 : 0u);
}

MessageOperation::MessagePointer MessageOperation::remember(MessagePointer message) {
  messages_.push_back(message);
  return message;
}

MessageOperation::MessagePointer MessageOperation::send(const void *bytes, size_t count, int to, int phase) {
  std::lock_guard lock(mutex_);
  if (isAborted_) C10_THROW_ERROR(DistBackendError, "the group was aborted");
  MessagePointer message = net->send(bytes, count, to, messageTag(count, phase));
  traffic_.add(count, net->hosts.areTogether(net->rank, to));
  return remember(std::move(message));
}

MessageOperation::MessagePointer MessageOperation::receive(void *bytes, size_t count, int from, int phase) {
  std::lock_guard lock(mutex_);
  if (isAborted_) C10_THROW_ERROR(DistBackendError, "the group was aborted");
  return remember(net->receive(bytes, count, from, messageTag(count, phase)));
}

void MessageOperation::await(const MessagePointer &message) {
  if (!message->wait()) C10_THROW_ERROR(DistBackendError, "the group was aborted");
  std::lock_guard lock(mutex_);
  std::erase(messages_, message);
}

void MessageOperation::awaitAll(std::vector<MessagePointer> &messages) {
  for (const auto &message : messages) await(message);
  messages.clear();
}

void MessageOperation::abort() {
  std::lock_guard lock(mutex_);
  isAborted_ = true;
  for (auto &message : messages_) message->abort();
}

}  // namespace ct
