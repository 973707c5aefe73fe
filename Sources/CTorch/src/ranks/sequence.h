// Runs the operations of one rank in the order in which they were begun, on whatever thread needs a result first.
#pragma once

#include <deque>
#include <memory>
#include <mutex>

namespace ct {

class Sequence {
 public:
  class Entry {
   public:
    virtual ~Entry() = default;
    // Does what can be done without waiting. Nothing is before it.
    virtual void tryStart() = 0;
    // Brings it to its end.
    virtual void settleNow() = 0;
  };

  // Queues an entry, and starts it at once if nothing is before it.
  void add(std::shared_ptr<Entry> entry);
  // Runs all entries up to this one.
  void runUpTo(const Entry &last);

 private:
  std::mutex execution_;
  std::mutex mutex_;
  std::deque<std::shared_ptr<Entry>> pending_;
};

}  // namespace ct
