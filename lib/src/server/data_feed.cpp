#include "server/data_feed.hpp"

#include <utility>

#include "wire/inspection.hpp"

namespace aurora::server {
namespace {

constexpr std::size_t most_waiting = 256;  // answers of probes

}  // namespace

data_feed::added data_feed::watch_probes(const std::vector<std::string>& names) {
  added result;
  const auto all = from_.services({});
  std::set<std::string, std::less<>> known;
  if (all)
    for (const auto& each : *all) known.insert({each.instance.name, each.instance.service});
  all_probes_ = all_probes_ || names.empty();
  for (const auto& name : names) {
    if (known.count(name) != 0) {
      names_.insert(name);
    } else {
      result.unknown.push_back(name);
    }
  }
  if (all)
    for (const auto& each : *all)
      if (wants_probe(each.instance.name)) result.instances.push_back(each.instance.name);
  return result;
}

void data_feed::forget_probes(const std::vector<std::string>& names) {
  if (names.empty()) {
    all_probes_ = false;
    names_.clear();
  }
  for (const auto& name : names) names_.erase(name);
}

void data_feed::watch_usage() {
  if (watching_.use_count() == 0) watching_ = from_.watch_usage();
}

void data_feed::forget_usage() {
  watching_.reset();
  usage_.reset();
}

bool data_feed::wants_probe(const std::string& instance) const {
  if (all_probes_ || names_.empty()) return all_probes_;
  return names_.count(instance) != 0 ||
         names_.count(std::string_view(instance).substr(0, instance.find('@'))) != 0;
}

void data_feed::on_probe(const shared_text& message) {
  if (probes_.size() == most_waiting) {
    probes_.pop_front();
    ++dropped_;
  }
  probes_.push_back(message);
  wake_.set();
}

void data_feed::on_usage(const shared_text& message) {
  if (watching_.use_count() == 0) return;  // a handle points to nothing: it only counts
  usage_ = message;
  wake_.set();
}

std::string data_feed::next() {
  if (dropped_ > 0) return wire::dropped_probes_message(std::exchange(dropped_, 0));
  if (usage_) return *std::exchange(usage_, nullptr);
  const auto message = std::move(probes_.front());
  probes_.pop_front();
  return *message;
}

}  // namespace aurora::server
