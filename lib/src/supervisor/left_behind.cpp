#include "supervisor/left_behind.hpp"

#include <charconv>

#include <fmt/format.h>

#include "reactor/child/proc_files.hpp"
#include "store/state_journal.hpp"

namespace aurora::shell {
namespace {

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number value{};
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

void take(const store::record& entry, left_behind& into) {
  const std::string_view key = entry.key;
  if (key == shutdown_key) {
    into.shutting_down = true;
    into.shutdown_code = number_of<int>(entry.value);
  } else if (key.starts_with(scaled_key)) {
    if (const auto count = number_of<unsigned>(entry.value))
      into.scaled[std::string(key.substr(scaled_key.size()))] = *count;
  } else if (auto memory = store::memory_from(entry.value)) {
    into.instances.push_back({entry.key, std::move(*memory)});
  } else {
    into.fault += fmt::format("{}what was noted of {} cannot be read: {}",
                              into.fault.empty() ? "" : "; ", entry.key, memory.error());
  }
}

}  // namespace

boost::system::result<left_behind, std::string> look_behind(const std::string& journal) {
  if (auto fault = reactor::proc_fault(); !fault.empty())
    return {boost::system::in_place_error, std::move(fault)};
  const auto boot = boot_id();
  if (!boot) return {boost::system::in_place_error, boot.error()};
  const auto read = store::read_journal(journal);
  if (!read) return {boost::system::in_place_error, read.error().words};
  left_behind found;
  if (!*read) return found;
  const auto& contents = **read;
  found.fault = contents.fault;
  if (contents.header.boot_id != *boot) return found;
  found.run_id = contents.header.run_id;
  found.records = contents.records;
  for (const auto& entry : contents.records) take(entry, found);
  return found;
}

}  // namespace aurora::shell
