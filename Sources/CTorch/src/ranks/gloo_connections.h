// Messages between pairs of ranks over Gloo's connections, and operations made of them.
#pragma once

#include "hosts.h"
#include "operation.h"
#include "store.h"

#include "ctorch/process_group.h"

namespace ct {

// One message under way between two ranks.
class Message {
 public:
  virtual ~Message() = default;
  // Waits for its end; false if it was aborted.
  virtual bool wait() = 0;
  virtual void abort() = 0;
};

// Bytes sent so far, by link.
class Counters {
 public:
  void add(size_t bytes, bool isWithinHost) {
    (isWithinHost ? withinHost_ : betweenHosts_) += static_cast<ct_int>(bytes);
  }
  ct_traffic values() const { return {withinHost_, betweenHosts_}; }

 private:
  std::atomic<ct_int> withinHost_{0};
  std::atomic<ct_int> betweenHosts_{0};
};

// The connections of one rank to the others of its group.
class Connections {
 public:
  Connections(const StorePointer &store, int rank, const Hosts &hosts, const char *address, ct_int timeout);
  ~Connections();
  const int rank;
  const int size;
  const Hosts hosts;
  Counters traffic;

  std::shared_ptr<Message> send(const void *bytes, size_t count, int to, uint32_t tag);
  std::shared_ptr<Message> receive(void *bytes, size_t count, int from, uint32_t tag);
  // The other ranks see their connections end.
  void close();

 private:
  struct Gloo;
  std::unique_ptr<Gloo> gloo_;
  std::atomic<bool> isClosed_{false};
};

class MessageOperation : public Operation {
 public:
  MessageOperation(std::shared_ptr<Connections> connections, uint64_t tag, std::vector<at::Tensor> tensors)
      : Operation(std::move(tensors)), net(std::move(connections)), tag_(tag) {}
  void abort() override;
  ct_traffic traffic() const override { return traffic_.values(); }

 protected:
  using MessagePointer = std::shared_ptr<Message>;
  MessagePointer send(const void *bytes, size_t count, int to, int phase = 0);
  MessagePointer receive(void *bytes, size_t count, int from, int phase = 0);
  void await(const MessagePointer &message);
  void awaitAll(std::vector<MessagePointer> &messages);

  const std::shared_ptr<Connections> net;

 private:
  friend class ScatteredReduction;
  friend class Gathering;
  MessagePointer remember(MessagePointer message);
  uint32_t messageTag(size_t count, int phase) const;

  const uint64_t tag_;
  Counters traffic_;
  std::mutex mutex_;
  std::vector<MessagePointer> messages_;
  bool isAborted_ = false;
};

}  // namespace ct
