// One rank's end of a group.
#pragma once

#include "backend.h"

namespace ct {

class Group {
 public:
  explicit Group(std::unique_ptr<Backend> backend) : backend(std::move(backend)) {}
  ~Group() { abort(); }
  void abort();
  // Point-to-point operations have a thread of their own: they may wait for a rank that waits for a
  // collective.
  ct_work begin(std::shared_ptr<Operation> operation, bool isCollective = true);

  const std::unique_ptr<Backend> backend;

 private:
  std::mutex mutex_;
  std::vector<std::weak_ptr<Operation>> underWay_;
  const std::shared_ptr<Driver> collectives_ = std::make_shared<Driver>();
  const std::shared_ptr<Driver> pointToPoint_ = std::make_shared<Driver>();
};

}  // namespace ct
