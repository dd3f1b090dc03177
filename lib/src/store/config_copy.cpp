#include "store/config_copy.hpp"

#include <utility>

#include <unistd.h>

#include "store/atomic_file.hpp"
#include "store/config_copy_text.hpp"

namespace aurora::store {
namespace {

/// Far above what a stack's files may have together, and far below what a machine has.
constexpr std::size_t largest_copy = std::size_t{256} << 20;

load_fault fault_words(copy_fault what, const std::string& path) {
  if (what == copy_fault::damaged)
    return {load_fault::kind::damaged,
            "the copy of the configuration '" + path + "' is damaged: its checksum is wrong"};
  return {load_fault::kind::newer,
          "the copy of the configuration '" + path +
              "' was written by a newer version of Aurora: start that version, or move the file "
              "away to load the configuration itself"};
}

}  // namespace

boost::system::result<void, std::string> save_config_copy(const std::string& path,
                                                          const config::source_record& record) {
  const auto bytes = write_config_copy(record);
  if (bytes.size() > largest_copy)
    return "cannot keep '" + path + "': the configuration with its env files is larger than " +
           std::to_string(largest_copy >> 20) + " MiB";
  const auto held = load_config_copy(path);
  if (held && *held == record) return {};
  const bool is_damaged = held.has_error() && held.error().what == load_fault::kind::damaged;
  return replace_file(path, bytes, is_damaged ? old_file::goes : old_file::kept_as_previous);
}

void remove_config_copy(const std::string& path) noexcept {
  ::unlink(path.c_str());
  ::unlink(previous_of(path).c_str());
}

boost::system::result<std::optional<config::source_record>, load_fault> load_config_copy(
    const std::string& path) {
  const auto bytes = read_bytes(path, largest_copy);
  if (!bytes) return load_fault{load_fault::kind::unreadable, bytes.error()};
  if (!*bytes) return std::optional<config::source_record>();
  auto record = parse_config_copy(**bytes);
  if (!record) return fault_words(record.error(), path);
  return std::optional(std::move(*record));
}

}  // namespace aurora::store
