#include "hosts.h"

#include <algorithm>
#include <map>
#include <numeric>

namespace ct {

Hosts::Hosts(const ct_int *names, int ranks) {
  std::map<ct_int, int> numbers;
  for (int rank = 0; rank < ranks; ++rank) {
    const auto [entry, isNew] = numbers.try_emplace(names[rank], count());
    if (isNew) members_.emplace_back();
    auto &members = members_[static_cast<size_t>(entry->second)];
    hostOf_.push_back(entry->second);
    placeOf_.push_back(static_cast<int>(members.size()));
    members.push_back(rank);
  }
}

Hosts Hosts::apart(int ranks) {
  std::vector<ct_int> names(static_cast<size_t>(ranks));
  std::iota(names.begin(), names.end(), ct_int{0});
  return Hosts(names.data(), ranks);
}

std::vector<int> Hosts::peers(int place) const {
  std::vector<int> result;
  for (const auto &members : members_) result.push_back(members.at(static_cast<size_t>(place)));
  return result;
}

bool Hosts::areEven() const {
  return std::all_of(members_.begin(), members_.end(), [&](const auto &members) {
    return members.size() == members_.front().size();
  });
}

bool Hosts::formHierarchy() const { return count() > 1 && areEven() && members_.front().size() > 1; }

std::string Hosts::obstacle() const {
  if (count() < 2 || areEven()) return "";
  std::string sizes;
  for (const auto &members : members_) sizes += (sizes.empty() ? "" : ", ") + std::to_string(members.size());
  return "the hosts have unequal numbers of ranks (" + sizes + ")";
}

}  // namespace ct
