#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <aurora/diagnostic.hpp>

namespace aurora::config {

/// What was found so far. Bounded: a file of a million faults must not cost gigabytes of text.
class fault_list {
 public:
  static constexpr std::size_t most = 1000;

  void add(diagnostic fault);
  bool has_errors() const { return errors_; }

  /// All of them in the order of `files`, lines and columns; a last one counts what was left out.
  diagnostics finish(const std::vector<std::string>& files) &&;

 private:
  diagnostics kept_;
  std::size_t left_out_ = 0;
  bool errors_ = false;
};

}  // namespace aurora::config
