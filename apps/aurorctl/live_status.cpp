#include "live_status.hpp"

#include <algorithm>

namespace aurora::ctl {
namespace {

service_view* find(status_view& status, const std::string& name) {
  const auto it = std::find_if(status.services.begin(), status.services.end(),
                               [&](const service_view& s) { return s.name == name; });
  return it == status.services.end() ? nullptr : &*it;
}

}  // namespace

void live_status::replace(const status_view& status, steady::time_point now) {
  status_ = status;
  received_ = now;
  updated_.clear();
}

void live_status::update(const service_view& service, steady::time_point now) {
  if (auto* known = find(status_, service.name)) {
    *known = service;
  } else {
    status_.services.push_back(service);
  }
  updated_.insert_or_assign(service.name, now);
}

void live_status::remove(const std::string& name) {
  std::erase_if(status_.services, [&](const service_view& s) { return s.name == name; });
  updated_.erase(name);
}

void live_status::measure(const std::vector<usage_view>& usage) {
  std::map<std::string_view, const usage_view*> by_name;
  for (const auto& each : usage) by_name.emplace(each.name, &each);
  for (auto& s : status_.services) {
    const auto it = by_name.find(s.name);
    if (it == by_name.end()) continue;
    s.cpu_percent = it->second->cpu_percent;
    s.memory_bytes = it->second->memory_bytes;
  }
}

status_view live_status::at(steady::time_point now) const {
  status_view aged = status_;
  const auto since_snapshot = now - received_;
  if (aged.daemon.uptime) *aged.daemon.uptime += since_snapshot;
  for (auto& s : aged.services) {
    const auto it = updated_.find(s.name);
    const auto age = it == updated_.end() ? since_snapshot : now - it->second;
    if (s.uptime) *s.uptime += age;
    if (s.next_start) s.next_start = std::max<duration>(*s.next_start - age, duration(0));
  }
  return aged;
}

}  // namespace aurora::ctl
