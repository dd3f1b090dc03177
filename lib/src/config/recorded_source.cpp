#include "config/recorded_source.hpp"

#include <utility>

namespace aurora::config {
namespace {

/// The answer of the record; it is asked for where there is none yet.
template <class Answers, class Ask>
const auto& remembered(Answers& answers, const std::string& question, Ask ask) {
  const auto found = answers.find(question);
  if (found != answers.end()) return found->second;
  return answers.emplace(question, ask()).first->second;
}

std::optional<std::string> told(const source_record::file& file, std::string& error_words) {
  if (!file.text) error_words = file.error_words;
  return file.text;
}

}  // namespace

recording_source::recording_source(config_source& from, std::string main_file) : from_(from) {
  record_.main_file = std::move(main_file);
}

std::optional<std::string> recording_source::read(const std::string& path,
                                                  std::string& error_words) {
  const auto& file = remembered(record_.files, path, [&] {
    source_record::file fresh;
    fresh.text = from_.read(path, fresh.error_words);
    if (fresh.text) fresh.error_words.clear();
    return fresh;
  });
  return told(file, error_words);
}

std::vector<std::string> recording_source::glob(const std::string& pattern) {
  return remembered(record_.globs, pattern, [&] { return from_.glob(pattern); });
}

std::optional<std::string> recording_source::variable(const std::string& name) {
  return remembered(record_.variables, name, [&] { return from_.variable(name); });
}

recorded_source::recorded_source(source_record record) : record_(std::move(record)) {}

std::optional<std::string> recorded_source::read(const std::string& path,
                                                 std::string& error_words) {
  const auto found = record_.files.find(path);
  if (found != record_.files.end()) return told(found->second, error_words);
  error_words = "not recorded";
  return std::nullopt;
}

std::vector<std::string> recorded_source::glob(const std::string& pattern) {
  const auto found = record_.globs.find(pattern);
  return found == record_.globs.end() ? std::vector<std::string>{} : found->second;
}

std::optional<std::string> recorded_source::variable(const std::string& name) {
  const auto found = record_.variables.find(name);
  return found == record_.variables.end() ? std::nullopt : found->second;
}

}  // namespace aurora::config
