// A group's connections, the operations on them, and the thread that brings operations to their end.
#pragma once

#include "boundary.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "ctorch/process_group.h"

namespace ct {

// Thrown when a message fails: the connection to `peer` ended.
class PeerError : public std::runtime_error {
 public:
  PeerError(int peer, const char *what) : std::runtime_error(what), peer(peer) {}
  const int peer;
};

// One message under way between two ranks.
class Message {
 public:
  virtual ~Message() = default;
  // Waits for its end; false if it was aborted.
  virtual bool wait() = 0;
  virtual void abort() = 0;
};

// The connections of one rank to the others of its group.
class Connections {
 public:
  Connections(ct_store store, int rank, int size, const char *host, ct_int timeout);
  ~Connections();
  const int rank;
  const int size;
  std::atomic<ct_int> bytesSent{0};

  std::shared_ptr<Message> send(const void *bytes, size_t count, int to, uint32_t tag);
  std::shared_ptr<Message> receive(void *bytes, size_t count, int from, uint32_t tag);
  // The other ranks see their connections end.
  void close();

 private:
  struct Gloo;
  std::unique_ptr<Gloo> gloo_;
  std::atomic<bool> isClosed_{false};
};

// One operation: `start` sends what can be sent at once, `finish` does the rest and waits for its end.
// Whoever needs the result first runs `finish`: the caller who waits, or the group's thread.
class Operation {
 public:
  Operation(std::shared_ptr<Connections> connections, uint64_t tag, std::vector<at::Tensor> tensors)
      : net(std::move(connections)), tag_(tag), tensors_(std::move(tensors)) {}
  virtual ~Operation() = default;
  virtual void start() = 0;
  virtual void finish() = 0;

  void advance();
  // Throws the failure, or TimeoutError.
  void wait(ct_int timeout);
  bool isCompleted();
  bool isClaimed() const { return isClaimed_.load(); }
  // The rank whose connection failed, or -1.
  int failedPeer();
  // Ends the waiting for messages; `finish` fails.
  void abort();

  std::atomic<ct_int> bytesSent{0};

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
  // Kept alive until the operation is released: messages read and write their memory.
  const std::vector<at::Tensor> tensors_;
  std::mutex mutex_;
  std::condition_variable ended_;
  std::vector<MessagePointer> messages_;
  std::atomic<bool> isClaimed_{false};
  bool isDone_ = false;
  bool isAborted_ = false;
  std::string failure_;
  int failedPeer_ = -1;
};

// Brings operations to their end in the order in which they were started.
class Driver {
 public:
  ~Driver();
  void add(std::shared_ptr<Operation> operation);

 private:
  void run();
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<Operation>> waiting_;
  bool isStopped_ = false;
  std::thread thread_;
};

// One rank's end of a group.
class Group {
 public:
  explicit Group(std::shared_ptr<Connections> connections) : connections(std::move(connections)) {}
  ~Group() { abort(); }
  void abort();
  // Point-to-point operations have a thread of their own: they may wait for a rank that waits for a
  // collective.
  ct_work begin(std::shared_ptr<Operation> operation, bool isCollective = true);

  const std::shared_ptr<Connections> connections;

 private:
  std::mutex mutex_;
  std::vector<std::weak_ptr<Operation>> underWay_;
  Driver collectives_;
  Driver pointToPoint_;
};

}  // namespace ct
