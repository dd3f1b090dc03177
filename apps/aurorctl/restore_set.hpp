#pragma once

#include <map>
#include <string>
#include <vector>

#include <aurora/disk_source.hpp>
#include <aurora/restoring.hpp>

#include "archive/backup_form.hpp"

namespace aurora::ctl {

/// What a backup may have at most, in bytes: it is held in memory.
inline constexpr std::size_t largest_backup = std::size_t{128} << 20;

/// The disk as it will be: with the configuration of a backup at `config`, and beside it no
/// included file that the backup does not know.
class restored_source : public config_source {
 public:
  /// `from` outlives it.
  restored_source(const archive::backup& from, const std::string& config);

  std::optional<std::string> read(const std::string& path, std::string& why) override;
  std::vector<std::string> glob(const std::string& pattern) override;
  std::optional<std::string> variable(const std::string& name) override;

  const std::map<std::string, const archive::entry*>& files() const { return files_; }
  /// Files that a pattern found on the disk, and that are not in the backup. After a load.
  const std::vector<std::string>& strangers() const { return strangers_; }

 private:
  disk_source disk_;
  std::map<std::string, const archive::entry*> files_;
  std::vector<std::string> strangers_;
};

/// Writes each file beside its place, under a name that no pattern of an include finds. Takes away
/// again what it wrote, unless `keep` was called.
class staging {
 public:
  staging() = default;
  ~staging();
  staging(const staging&) = delete;
  staging& operator=(const staging&) = delete;

  /// Leaves out what is as it should be. Throws `failure`.
  void put(const std::string& path, const archive::entry& what);
  void remove(const std::string& path);

  const std::vector<restore_step>& steps() const { return steps_; }
  const std::vector<std::string>& written() const { return written_; }
  const std::vector<std::string>& removed() const { return removed_; }
  std::size_t untouched() const { return untouched_; }
  void keep() { kept_ = true; }

 private:
  std::vector<restore_step> steps_;
  std::vector<std::string> written_, removed_;
  std::size_t untouched_ = 0;
  bool kept_ = false;
};

}  // namespace aurora::ctl
