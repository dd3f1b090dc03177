#include "supervisor/configuration.hpp"

#include <algorithm>

#include <aurora/restoring.hpp>

#include "store/atomic_file.hpp"
#include "store/config_copy.hpp"
#include "supervisor/disk_source.hpp"
#include "supervisor/trust.hpp"

namespace aurora::shell {

configuration read_configuration(const std::string& path) {
  disk_source disk;
  config::recording_source source(disk, path);
  configuration found;
  if (auto finished = finish_restore(path); !finished) found.unsafe = finished.error();
  found.loaded = load_config(path, source);
  if (!found.unsafe) found.unsafe = unsafe_for_root(found.loaded.files);
  found.record = source.record();
  return found;
}

boost::system::result<std::optional<stack_spec>, std::string> last_configuration(
    const state_paths& paths) {
  using found = boost::system::result<std::optional<stack_spec>, std::string>;
  for (const auto& path : {paths.config_copy, store::previous_of(paths.config_copy)}) {
    const auto copy = store::load_config_copy(path);
    if (copy.has_error() && copy.error().what != store::load_fault::kind::damaged)
      return found(boost::system::in_place_error, copy.error().words);
    if (!copy || !*copy) continue;
    config::recorded_source source(**copy);
    auto loaded = load_config((*copy)->main_file, source);
    if (loaded.stack) return found(boost::system::in_place_value, std::move(loaded.stack));
  }
  return found(boost::system::in_place_value, std::nullopt);
}

void apply_scale(const left_behind& left, stack_spec& stack) {
  for (auto& service : stack.services)
    if (const auto it = left.scaled.find(service.name); it != left.scaled.end())
      service.instances = it->second;
}

void keep_found_instances(left_behind& left, const stack_spec& stack) {
  for (const auto& service : stack.services) {
    const auto& name = service.name;
    const auto asked = left.scaled.find(name);
    const unsigned known = asked == left.scaled.end() ? service.instances : asked->second;
    const auto numbered = left.at_least.find(name);
    unsigned now = known;
    if (numbered != left.at_least.end())
      now = std::max(known, numbered->second);
    else if (left.single.contains(name))
      now = 1;
    if (now == known) continue;
    left.scaled[name] = now;
    left.records.push_back({std::string(scaled_key) + name, std::to_string(now)});
  }
}

}  // namespace aurora::shell
