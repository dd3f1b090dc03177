#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "reactor/child/launch.hpp"

namespace aurora::shell {

/// The processes that were launched last, each noted by itself right before it executes. The
/// journal learns of a process only after its launch returned: one that lived and ended between the
/// two, under a daemon that was killed there, is known from here alone.
///
/// A ring in a mapped file: it outlives the process, and need not outlive the boot.
class births {
 public:
  /// Where the file cannot be had, nothing is noted.
  explicit births(const std::string& path);
  ~births();
  births(const births&) = delete;
  births& operator=(const births&) = delete;

  /// A place for the launch of the run with that marker; null: none. Borrowed, and good for that
  /// launch: as many others follow as the ring has places before it is used again.
  reactor::birth_note* place(std::string_view marker);

  /// What an earlier daemon launched under that marker, dead or alive; pid 0: nothing that
  /// executed.
  reactor::birth_note earlier(std::string_view marker) const;

 private:
  reactor::birth_note* notes_ = nullptr;
  std::size_t next_ = 0;
  std::unordered_map<std::uint64_t, reactor::birth_note> earlier_;
};

}  // namespace aurora::shell
