#pragma once

#include <optional>
#include <string>
#include <vector>

#include <aurora/config.hpp>

namespace aurora {

/// Configuration from this machine's disk and this process's environment. Reads block: a
/// configuration is a few local files, read at start and at reload.
class disk_source : public config_source {
 public:
  /// Regular files only: a FIFO or a device could block for ever or never end. Stops one byte past
  /// the loader's limit, so that it can refuse a file that is too large without holding it.
  std::optional<std::string> read(const std::string& path, std::string& error_words) override;

  std::vector<std::string> glob(const std::string& pattern) override;
  std::optional<std::string> variable(const std::string& name) override;
};

}  // namespace aurora
