#include "supervisor/good_config.hpp"

#include <filesystem>

#include "store/atomic_file.hpp"
#include "store/config_copy.hpp"

namespace aurora::shell {
namespace {

const std::string* main_text(const config::source_record& record) {
  const auto found = record.files.find(record.main_file);
  const bool has_text = found != record.files.end() && found->second.text;
  return has_text ? &*found->second.text : nullptr;
}

}  // namespace

boost::system::result<void, std::string> keep_good_config(const std::string& config_copy,
                                                          const config::source_record& next) {
  const auto held = store::load_config_copy(config_copy);
  if (!held) return held.error().words;
  if (!*held) return {};
  const auto* good = main_text(**held);
  const auto* coming = main_text(next);
  if (!good || (coming && *coming == *good)) return {};
  const auto path = std::filesystem::path(config_copy).replace_filename("config.good");
  return store::replace_file(path.string(), *good, store::old_file::goes);
}

}  // namespace aurora::shell
