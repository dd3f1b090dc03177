#include "core/timeline.hpp"

#include "core/moments.hpp"

namespace aurora::core {

bool timeline::before(const entry& a, const entry& b) {
  return a.at != b.at ? a.at < b.at : a.who < b.who;
}

void timeline::place(std::size_t slot, const entry& e) {
  heap_[slot] = e;
  slots_[e.who] = slot;
}

void timeline::rise(std::size_t slot, entry e) {
  while (slot > 0) {
    const std::size_t parent = (slot - 1) / 2;
    if (!before(e, heap_[parent])) break;
    place(slot, heap_[parent]);
    slot = parent;
  }
  place(slot, e);
}

void timeline::sink(std::size_t slot, entry e) {
  for (;;) {
    std::size_t child = 2 * slot + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && before(heap_[child + 1], heap_[child])) ++child;
    if (!before(heap_[child], e)) break;
    place(slot, heap_[child]);
    slot = child;
  }
  place(slot, e);
}

void timeline::remove(std::size_t slot) {
  slots_[heap_[slot].who] = absent;
  const entry last = heap_.back();
  heap_.pop_back();
  if (slot == heap_.size()) return;
  rise(slot, last);
  if (slots_[last.who] == slot) sink(slot, last);
}

void timeline::set(key who, instant at) {
  if (who >= slots_.size()) {
    if (at == never) return;
    slots_.resize(who + std::size_t{1}, absent);
  }
  const std::size_t slot = slots_[who];
  if (at == never) {
    if (slot != absent) remove(slot);
    return;
  }
  if (slot == absent) {
    heap_.push_back({at, who});
    rise(heap_.size() - 1, {at, who});
  } else if (heap_[slot].at != at) {
    const bool earlier = at < heap_[slot].at;
    earlier ? rise(slot, {at, who}) : sink(slot, {at, who});
  }
}

std::optional<timeline::entry> timeline::first() const {
  if (heap_.empty()) return std::nullopt;
  return heap_.front();
}

}  // namespace aurora::core
