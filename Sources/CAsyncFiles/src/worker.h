// A thread that cuts slices into blocks and keeps as many in flight as the settings say.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "driver.h"

namespace ca {

class Worker {
 public:
  Worker(const ca_settings &settings, std::unique_ptr<Driver> driver);
  // Waits for all slices.
  ~Worker();

  // Takes a slice; from any thread.
  void post(Slice slice);

 private:
  void run();
  // Moves new slices from the inbox; false when nothing is left to do for ever.
  bool collect();
  // Starts blocks while there are slices and room.
  void fill();
  void begin(Block &block);
  void end(Block &block);
  void retry(Block &block);
  void giveBack(Block &block);

  const ca_settings settings_;
  const std::unique_ptr<Driver> driver_;
  std::vector<Block> blocks_;
  std::vector<Block *> free_;
  std::deque<Slice> slices_;
  std::mutex mutex_;
  std::vector<Slice> inbox_;
  bool isStopping_ = false;
  std::thread thread_;
};

}  // namespace ca
