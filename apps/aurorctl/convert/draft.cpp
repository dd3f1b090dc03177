#include "draft.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>

#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include "detect.hpp"
#include "quoting.hpp"

namespace aurora::ctl::convert {
namespace {

constexpr std::size_t longest_line = 90;
constexpr std::size_t longest_name = 63;
constexpr double longest_pause = 30;

bool listed(std::span<const std::string_view> words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool stands_for(std::string_view pattern, std::string_view key) {
  if (!pattern.ends_with('*')) return pattern == key;
  return key.starts_with(pattern.substr(0, pattern.size() - 1));
}

/// Whether it is short enough for one line, and flat enough to be read there.
bool fits(const json::value& value, std::string_view line, std::size_t indent, bool inner) {
  if (line.size() + indent > longest_line) return false;
  if (inner && value.is_object() && value.as_object().size() > 3) return false;
  if (value.is_object()) {
    return std::all_of(value.as_object().begin(), value.as_object().end(), [](const auto& member) {
      return !member.value().is_object() || member.value().as_object().size() < 2;
    });
  }
  return true;
}

std::string one_line(const json::value& value) {
  if (const auto* object = value.if_object()) {
    std::string out;
    for (const auto& member : *object) {
      out += (out.empty() ? "" : ", ") + json::serialize(json::value(member.key())) + ": " +
             one_line(member.value());
    }
    return "{" + out + "}";
  }
  if (const auto* list = value.if_array()) {
    std::string out;
    for (const auto& item : *list) out += (out.empty() ? "" : ", ") + one_line(item);
    return "[" + out + "]";
  }
  if (const auto* number = value.if_double()) return fmt::format("{}", *number);
  return json::serialize(value);
}

}  // namespace

std::string input::directory() const { return std::filesystem::path(file).parent_path().string(); }

std::string input::absolute_path(std::string_view named) const {
  auto joined = (std::filesystem::path(directory()) / named).lexically_normal().string();
  while (joined.size() > 1 && joined.back() == '/') joined.pop_back();
  return joined;
}

std::string input::path(std::string_view named) const {
  return beside || named.starts_with('/') || named.starts_with("${") ? std::string(named)
                                                                     : absolute_path(named);
}

json::object& draft::add(const std::string& wanted, const position& at) {
  const std::string base = service_name(wanted);
  std::string name = base;
  const auto taken = [&] {
    return std::any_of(services_.begin(), services_.end(),
                       [&](const auto& s) { return s.first == name; });
  };
  for (int n = 2; taken(); ++n) {
    const std::string suffix = "-" + std::to_string(n);
    name = base.substr(0, longest_name - suffix.size()) + suffix;
  }
  if (name != wanted) {
    lose(at, wanted, "a service cannot be called so", "it is called \"" + name + "\"");
  }
  names_.emplace(wanted, name);
  services_.emplace_back(name, json::object());
  return services_.back().second;
}

std::string draft::name_of(const std::string& wanted) const {
  const auto found = names_.find(wanted);
  return found == names_.end() ? std::string() : found->second;
}

json::object* draft::find(const std::string& wanted) {
  const std::string name = name_of(wanted);
  for (auto& [key, service] : services_) {
    if (key == name) return &service;
  }
  return nullptr;
}

void draft::lose(const position& at, std::string key, std::string why, std::string instead) {
  lost.push_back(
      {diagnostic::severity::warning, at, std::move(key), std::move(why), std::move(instead)});
}

void draft::refuse(const position& at, std::string key, std::string message, std::string hint) {
  faults.push_back(
      {diagnostic::severity::error, at, std::move(key), std::move(message), std::move(hint)});
}

std::string draft::text() const {
  json::object all{{"version", 1}};
  for (const auto& member : top) all.insert(member);
  json::object each;
  for (const auto& [name, service] : services_) each.emplace(name, service);
  all["services"] = std::move(each);
  return pretty(all) + "\n";
}

void tell_lost(draft& to, const tree& map, const std::string& path,
               std::span<const std::string_view> taken, std::span<const lost_key> known) {
  for (const auto& f : map.fields) {
    if (listed(taken, f.key)) continue;
    const auto found = std::find_if(known.begin(), known.end(),
                                    [&](const lost_key& k) { return stands_for(k.key, f.key); });
    const std::string key = path.empty() ? f.key : path + "." + f.key;
    if (found == known.end()) {
      to.lose(f.at, key, "this key is not known here", "look into aurora.json(5) for its like");
    } else {
      to.lose(f.at, key, std::string(found->why), std::string(found->instead));
    }
  }
}

json::object& within(json::object& of, std::string_view key) {
  auto& value = of[key];
  if (!value.is_object()) value.emplace_object();
  return value.as_object();
}

std::string literal(std::string_view text) { return doubled(text, '$'); }

std::string seconds(double count) {
  const auto milliseconds = std::llround(std::max(count, 0.0) * 1000);
  return milliseconds % 1000 == 0 ? fmt::format("{}s", milliseconds / 1000)
                                  : fmt::format("{}ms", milliseconds);
}

void bound_restarts(json::object& restart, long long limit, double delay, double spent) {
  double sum = 0, pause = delay;
  for (long long i = 0; i < std::min<long long>(limit, 64); ++i) {
    sum += pause + spent;
    pause = std::min(pause * 2, std::max(longest_pause, delay));
  }
  sum += static_cast<double>(std::max<long long>(limit - 64, 0)) * (pause + spent);
  restart["delay"] = seconds(delay);
  if (delay > longest_pause) restart["max_delay"] = seconds(delay);
  restart["jitter"] = 0;
  restart["limit"] = limit;
  if (limit > 0) restart["window"] = seconds(std::ceil(sum * 1.1) + 1);
}

std::string pretty(const json::value& value, std::size_t indent) {
  const std::string line = one_line(value);
  const bool nested = value.is_object() || value.is_array();
  if (!nested || (indent > 0 && fits(value, line, indent, indent < 3))) return line;
  const std::string inner(indent + 2, ' ');
  std::string out;
  if (const auto* object = value.if_object()) {
    for (const auto& member : *object) {
      out += (out.empty() ? "" : ",\n") + inner + json::serialize(json::value(member.key())) +
             ": " + pretty(member.value(), indent + 2);
    }
    return out.empty() ? "{}" : "{\n" + out + "\n" + std::string(indent, ' ') + "}";
  }
  for (const auto& item : value.as_array()) {
    out += (out.empty() ? "" : ",\n") + inner + pretty(item, indent + 2);
  }
  return out.empty() ? "[]" : "[\n" + out + "\n" + std::string(indent, ' ') + "]";
}

}  // namespace aurora::ctl::convert
