#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "answers.hpp"

namespace aurora::ctl {

/// The newest output of one instance, harmless and bounded.
class top_log {
 public:
  static constexpr std::size_t most_lines = 2000;
  static constexpr std::size_t longest_line = 4096;  ///< bytes; the rest is left out

  /// Another instance: nothing of it is known yet.
  void follow(std::string name);
  const std::string& name() const { return name_; }
  /// What comes from here on answers the newest subscription.
  void begin() { begun_ = true; }
  /// Lines of others, of an earlier subscription, and those that are here already are left out.
  void add(const log_line& line);
  void remark(std::string text);

  /// Where it goes on; 0: nothing came yet.
  std::uint64_t next() const { return next_; }
  std::size_t size() const { return lines_.size(); }
  /// `count` lines, of which the last is `behind` lines before the newest.
  std::vector<std::string> tail(std::size_t count, std::size_t behind) const;

 private:
  void append(std::string text);
  std::string name_;
  std::deque<std::string> lines_;
  std::uint64_t next_ = 0;
  bool begun_ = false;
  bool open_ = false;  ///< the last line goes on
};

}  // namespace aurora::ctl
