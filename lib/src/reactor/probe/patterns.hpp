#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include <re2/re2.h>

namespace aurora::reactor {

/// Compiled body patterns, kept between probes: to compile one costs more than to probe.
class patterns {
 public:
  /// Never null; `ok()` tells whether the pattern is one.
  std::shared_ptr<const re2::RE2> get(const std::string& pattern) {
    if (compiled_.size() >= most && compiled_.count(pattern) == 0) compiled_.clear();
    auto& slot = compiled_[pattern];
    if (!slot) slot = std::make_shared<const re2::RE2>(pattern, re2::RE2::Quiet);
    return slot;
  }

 private:
  static constexpr std::size_t most = 1024;
  std::unordered_map<std::string, std::shared_ptr<const re2::RE2>> compiled_;
};

}  // namespace aurora::reactor
