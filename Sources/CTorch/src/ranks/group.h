// One rank's end of a group.
#pragma once

#include "backend.h"

namespace ct {

class Group {
 public:
  Group(std::unique_ptr<Backend> backend, std::string note)
      : backend(std::move(backend)), note(std::move(note)) {}
  ~Group() { abort(); }
  void abort();
  // Point-to-point operations have a thread of their own: they may wait for a rank that waits for a
  // collective.
  ct_work begin(std::shared_ptr<Operation> operation, bool isCollective = true);

  const std::unique_ptr<Backend> backend;
  // Why the ranks reach each other in no better way.
  const std::string note;

 private:
  std::mutex mutex_;
  std::vector<std::weak_ptr<Operation>> underWay_;
  const std::shared_ptr<Driver> collectives_ = std::make_shared<Driver>();
  const std::shared_ptr<Driver> pointToPoint_ = std::make_shared<Driver>();
};

}  // namespace ct
