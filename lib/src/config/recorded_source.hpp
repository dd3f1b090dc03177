#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <aurora/config.hpp>

/// All that one load of a configuration was told, so that the same can be loaded again when the
/// disk and the environment say something else.
namespace aurora::config {

struct source_record {
  struct file {
    std::optional<std::string> text;  ///< any bytes
    std::string error_words;          ///< why there is no text
    friend bool operator==(const file&, const file&) = default;
  };
  std::string main_file;  ///< absolute, as it was loaded
  std::map<std::string, file> files;
  std::map<std::string, std::vector<std::string>> globs;        ///< by pattern
  std::map<std::string, std::optional<std::string>> variables;  ///< nothing: it was not set
  friend bool operator==(const source_record&, const source_record&) = default;
};

/// Passes questions on and keeps the answers. Each question is passed on once: whoever asks again,
/// the load itself or one who shows its faults, gets the answer that the record has.
class recording_source : public config_source {
 public:
  /// `from` outlives it.
  recording_source(config_source& from, std::string main_file);

  std::optional<std::string> read(const std::string& path, std::string& error_words) override;
  std::vector<std::string> glob(const std::string& pattern) override;
  std::optional<std::string> variable(const std::string& name) override;

  /// What was asked so far.
  const source_record& record() const noexcept { return record_; }

 private:
  config_source& from_;
  source_record record_;
};

/// Answers from a record, as the recorded source did. What was never asked: a file that cannot be
/// had ("not recorded"), a pattern that matches nothing, a variable that is not set.
class recorded_source : public config_source {
 public:
  explicit recorded_source(source_record record);

  std::optional<std::string> read(const std::string& path, std::string& error_words) override;
  std::vector<std::string> glob(const std::string& pattern) override;
  std::optional<std::string> variable(const std::string& name) override;

 private:
  source_record record_;
};

}  // namespace aurora::config
