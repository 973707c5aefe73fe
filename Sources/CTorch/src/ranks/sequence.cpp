#include "sequence.h"

#include <algorithm>
#include <utility>

namespace ct {

void Sequence::add(std::shared_ptr<Entry> entry) {
  std::unique_lock execution(execution_, std::try_to_lock);
  std::lock_guard lock(mutex_);
  const bool isFirst = pending_.empty();
  pending_.push_back(entry);
  if (execution && isFirst) entry->tryStart();
}

void Sequence::runUpTo(const Entry &last) {
  std::lock_guard execution(execution_);
  while (true) {
    std::shared_ptr<Entry> next;
    {
      std::lock_guard lock(mutex_);
      const bool isPending = std::any_of(
          pending_.begin(), pending_.end(), [&](const auto &entry) { return entry.get() == &last; });
      if (!isPending) return;
      next = std::move(pending_.front());
      pending_.pop_front();
    }
    next->settleNow();
    if (next.get() == &last) return;
  }
}

}  // namespace ct
