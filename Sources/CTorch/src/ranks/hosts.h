// Which ranks of a group share a host.
#pragma once

#include <string>
#include <vector>

#include "ctorch/process_group.h"

namespace ct {

class Hosts {
 public:
  // `names[r]` is the number of the host of rank r.
  Hosts(const ct_int *names, int ranks);
  // So many ranks, each on a host of its own.
  static Hosts apart(int ranks);

  int size() const { return static_cast<int>(hostOf_.size()); }
  int count() const { return static_cast<int>(members_.size()); }
  // Hosts are numbered in the order of their first ranks.
  int hostOf(int rank) const { return hostOf_.at(static_cast<size_t>(rank)); }
  // A rank's number among those of its host.
  int placeOf(int rank) const { return placeOf_.at(static_cast<size_t>(rank)); }
  bool areTogether(int rank, int other) const { return hostOf(rank) == hostOf(other); }
  // The ranks of a host, in order.
  const std::vector<int> &members(int host) const { return members_.at(static_cast<size_t>(host)); }
  // The ranks with a number on their hosts, in order of host; every host must have one.
  std::vector<int> peers(int place) const;
  // Why there is no hierarchy of these hosts; empty if there is one, or if nobody would expect one.
  std::string obstacle() const;
  // Several hosts, with the same number of ranks each, two or more.
  bool formHierarchy() const;

 private:
  bool areEven() const;

  std::vector<int> hostOf_;
  std::vector<int> placeOf_;
  std::vector<std::vector<int>> members_;
};

}  // namespace ct
