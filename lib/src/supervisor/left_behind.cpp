#include "supervisor/left_behind.hpp"

#include <algorithm>
#include <charconv>

#include <unistd.h>

#include <fmt/format.h>

#include <boost/system/system_error.hpp>

#include "reactor/child/marked.hpp"
#include "store/state_journal.hpp"
#include "supervisor/run_marker.hpp"

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

/// "web@3": there were three of web, at least.
void count_instances(const std::string& instance, left_behind& into) {
  const auto at = instance.rfind('@');
  if (at == instance.npos) return;
  const auto number = number_of<unsigned>(std::string_view(instance).substr(at + 1));
  auto& count = into.at_least[instance.substr(0, at)];
  count = std::max(count, number.value_or(0));
}

/// As if the daemon had died before the launch of that run returned.
void take_found(const run_marker& found, left_behind& into) {
  auto& all = into.instances;
  auto it = std::find_if(all.begin(), all.end(),
                         [&](const auto& each) { return each.name == found.instance; });
  if (it == all.end()) {
    it = all.insert(it, {found.instance, {}, true});
  } else if (it->memory.engine.run >= found.run) {
    return;
  }
  it->is_found = true;
  it->memory.run.reset();
  it->memory.engine.at = core::phase::spawning{};
  it->memory.engine.run = found.run;
  count_instances(found.instance, into);
}

/// Those of the stack that was started last: of an earlier one, which ended in order, none is a
/// service.
void find_processes(const std::string& run_id_part, left_behind& into) {
  const auto marked = reactor::find_marked(":" + run_id_part);
  if (marked.empty()) return;
  if (into.run_id.empty()) {
    const auto newest = std::max_element(
        marked.begin(), marked.end(),
        [](const auto& a, const auto& b) { return a.info.started < b.info.started; });
    into.run_id = run_id_in(newest->marker);
  }
  for (const auto& each : marked) {
    const auto found = parse_marker(each.marker, into.run_id);
    if (found && !found->of_command) take_found(*found, into);
  }
  into.fault += "; its processes are found by AURORA_RUN";
}

/// A directory was copied while its stack ran: those services are the other one's. An id that names
/// no directory is of an earlier version.
bool is_of_another(const std::string& run_id, const std::string& state_dir) {
  const auto ours = run_id_prefix(state_dir);
  return run_id.find('.') != run_id.npos && !ours.empty() && !run_id.starts_with(ours);
}

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

}  // namespace

boost::system::result<left_behind, std::string> look_behind(const state_paths& paths) {
  if (auto fault = reactor::proc_fault(); !fault.empty())
    return {boost::system::in_place_error, std::move(fault)};
  const auto boot = boot_id();
  if (!boot) return {boost::system::in_place_error, boot.error()};
  auto read = store::read_journal(paths.journal);
  if (!read) return {boost::system::in_place_error, read.error().words};
  left_behind found;
  // An orderly end removes both.
  if (!*read && !exists(paths.births)) return found;
  if (!*read) {
    found.fault = fmt::format("the journal '{}' is missing", paths.journal);
  } else {
    auto& contents = **read;
    found.fault = std::move(contents.fault);
    if (!contents.header.boot_id.empty() && contents.header.boot_id != *boot) return found;
    if (is_of_another(contents.header.run_id, paths.root)) {
      found.fault =
          fmt::format("'{}' is a copy from another state directory: what it tells of is left alone",
                      paths.journal);
      return found;
    }
    found.run_id = std::move(contents.header.run_id);
    found.records = std::move(contents.records);
  }
  for (const auto& entry : found.records) take(entry, found);
  if (found.fault.empty()) return found;
  const auto part = found.run_id.empty() ? run_id_prefix(paths.root) : found.run_id;
  try {
    if (!part.empty()) find_processes(part, found);
  } catch (const boost::system::system_error& fault) {
    return {boost::system::in_place_error, fault.what()};
  }
  return found;
}

}  // namespace aurora::shell
