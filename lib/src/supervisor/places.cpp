#include <aurora/daemon.hpp>

#include <cstdlib>
#include <filesystem>

namespace aurora {
namespace {

constexpr const char* system_config_dir = "/etc/aurora";

std::string absolute(const std::string& path) {
  return std::filesystem::absolute(path).lexically_normal().string();
}

bool exists(const char* path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

std::string from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

}  // namespace

std::string find_config(const std::string& asked) {
  if (!asked.empty()) return absolute(asked);
  if (const auto set = from_environment("AURORA_CONFIG"); !set.empty()) return absolute(set);
  if (exists("aurora.json")) return absolute("aurora.json");
  if (exists("/etc/aurora/aurora.json")) return "/etc/aurora/aurora.json";
  return {};
}

std::string find_state_dir(const std::string& asked, const std::string& of_config,
                           const std::string& config_file) {
  if (!asked.empty()) return absolute(asked);
  if (const auto set = from_environment("AURORA_STATE_DIR"); !set.empty()) return absolute(set);
  if (!of_config.empty()) return of_config;
  const auto beside = std::filesystem::path(config_file).parent_path();
  if (beside == system_config_dir) return "/var/lib/aurora";
  return (beside / ".aurora").string();
}

}  // namespace aurora
