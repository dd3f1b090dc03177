#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fnmatch.h>

#include <aurora/config.hpp>

namespace aurora::test {

/// A disk and an environment in memory.
class fake_source : public config_source {
 public:
  std::map<std::string, std::string> files, environment;

  std::optional<std::string> read(const std::string& path, std::string& error_words) override {
    const auto found = files.find(path);
    if (found != files.end()) return found->second;
    error_words = "no such file or directory";
    return std::nullopt;
  }

  std::vector<std::string> glob(const std::string& pattern) override {
    std::vector<std::string> matches;
    for (const auto& [path, text] : files) {
      if (::fnmatch(pattern.c_str(), path.c_str(), FNM_PATHNAME) == 0) matches.push_back(path);
    }
    return matches;
  }

  std::optional<std::string> variable(const std::string& name) override {
    const auto found = environment.find(name);
    return found == environment.end() ? std::nullopt : std::optional(found->second);
  }
};

inline constexpr const char* main_file = "/srv/demo/aurora.json";

/// Loads `text` as /srv/demo/aurora.json.
inline load_result load(std::string text, fake_source source = {}) {
  source.files[main_file] = std::move(text);
  return load_config(main_file, source);
}

/// The faults as people see them, the directory left out, one a line.
inline std::string told(const diagnostics& faults) {
  std::string out;
  const std::string directory = "/srv/demo/";
  for (const auto& fault : faults) {
    auto line = to_string(fault);
    for (auto at = line.find(directory); at != std::string::npos; at = line.find(directory)) {
      line.erase(at, directory.size());
    }
    out += line + '\n';
  }
  return out;
}

/// Loads what must be valid; its faults become the failure's text.
inline stack_spec loaded(std::string text, fake_source source = {}) {
  auto result = load(std::move(text), std::move(source));
  if (!result.stack) throw std::runtime_error("refused: " + told(result.faults));
  return std::move(*result.stack);
}

/// One service "web" with these members besides its command.
inline std::string with_service(const std::string& members) {
  return R"({"services": {"web": {"command": ["true"])" + std::string(members.empty() ? "" : ", ") +
         members + "}}}";
}

inline service_spec service(const std::string& members, fake_source source = {}) {
  return loaded(with_service(members), std::move(source)).services.at(0);
}

/// What is told of a service with these members.
inline std::string refusal(const std::string& members, fake_source source = {}) {
  return told(load(with_service(members), std::move(source)).faults);
}

/// The sample of the contract: every key there is.
extern const char* const full_sample;

}  // namespace aurora::test
