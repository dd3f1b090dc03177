#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <aurora/config.hpp>
#include <aurora/disk_source.hpp>

namespace aurora::ctl {

/// The disk, with the file on it that is about to be written.
class draft_source : public config_source {
 public:
  draft_source(std::string path, std::string text)
      : path_(std::move(path)), text_(std::move(text)) {}
  std::optional<std::string> read(const std::string& path, std::string& why) override {
    return path == path_ ? text_ : disk_.read(path, why);
  }
  std::vector<std::string> glob(const std::string& pattern) override { return disk_.glob(pattern); }
  std::optional<std::string> variable(const std::string& name) override {
    return disk_.variable(name);
  }

 private:
  disk_source disk_;
  std::string path_, text_;
};

}  // namespace aurora::ctl
