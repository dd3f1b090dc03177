#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <aurora/time.hpp>

namespace aurora::core {

/// When each of many things is due: at most one moment a key, the earliest at hand.
/// An indexed binary heap: setting and removing cost O(log n), the earliest O(1); no allocation
/// once the keys are known. Equal moments come in the order of their keys, so that a run can be
/// repeated.
class timeline {
 public:
  using key = std::uint32_t;

  struct entry {
    instant at;
    key who;
  };

  /// Sets, moves or (with `never`) removes the moment of `who`.
  void set(key who, instant at);

  /// The earliest; nothing: nobody is due.
  std::optional<entry> first() const;

 private:
  static constexpr std::size_t absent = static_cast<std::size_t>(-1);
  static bool before(const entry& a, const entry& b);
  void place(std::size_t slot, const entry& e);
  void rise(std::size_t slot, entry e);
  void sink(std::size_t slot, entry e);
  void remove(std::size_t slot);

  std::vector<entry> heap_;
  std::vector<std::size_t> slots_;  // of each key, or absent
};

}  // namespace aurora::core
