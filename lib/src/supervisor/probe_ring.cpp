#include "supervisor/probe_ring.hpp"

#include <algorithm>

namespace aurora::shell {
namespace {

constexpr std::size_t longest_text = 512;

}  // namespace

void probe_ring::push(const probe_answer& answer) {
  entry made{};
  made.at_ms = answer.at.time_since_epoch().count();
  made.took_seconds = std::chrono::duration<float>(answer.took).count();
  made.healthy = answer.healthy;
  made.text = place_of(answer.text.substr(0, longest_text));
  if (entries_.size() < most) {
    entries_.push_back(made);
  } else {
    entries_[oldest_] = made;
    oldest_ = (oldest_ + 1) % most;
  }
}

std::uint16_t probe_ring::place_of(const std::string& text) {
  if (texts_.size() >= 2 * most) forget_unused();
  const auto found = std::find(texts_.begin(), texts_.end(), text);
  const auto place = static_cast<std::uint16_t>(found - texts_.begin());
  if (found == texts_.end()) texts_.push_back(text);
  return place;
}

void probe_ring::forget_unused() {
  std::vector<std::string> used;
  for (auto& each : entries_) {
    const auto& text = texts_[each.text];
    const auto found = std::find(used.begin(), used.end(), text);
    const auto place = static_cast<std::uint16_t>(found - used.begin());
    if (found == used.end()) used.push_back(text);
    each.text = place;
  }
  texts_ = std::move(used);
}

std::vector<probe_answer> probe_ring::answers() const {
  std::vector<probe_answer> out;
  out.reserve(entries_.size());
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const auto& each = entries_[(oldest_ + i) % entries_.size()];
    probe_answer& made = out.emplace_back();
    made.at = wall_time(std::chrono::milliseconds(each.at_ms));
    made.healthy = each.healthy;
    made.took =
        std::chrono::duration_cast<duration>(std::chrono::duration<float>(each.took_seconds));
    made.text = texts_[each.text];
  }
  return out;
}

}  // namespace aurora::shell
