#include "convert/outgoing.hpp"

#include <algorithm>
#include <cctype>

#include <boost/json/serialize.hpp>

namespace aurora::ctl::convert {
namespace {

/// Whether YAML 1.1 or 1.2 takes it for a text without quotes.
bool is_plain_key(std::string_view key) {
  std::string word;
  for (const char c : key) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalpha(byte) == 0 && c != '_') return false;
    word += static_cast<char>(std::tolower(byte));
  }
  static constexpr std::string_view others[] = {"null", "true", "false", "yes", "no",
                                                "on",   "off",  "y",     "n",   ""};
  return std::find(std::begin(others), std::end(others), word) == std::end(others);
}

}  // namespace

std::string outgoing::name() const {
  return from_.instances > 1 ? from_.name + "-" + std::to_string(instance_) : from_.name;
}

unsigned outgoing::port() const {
  return from_.port && *from_.port != 0 ? *from_.port + instance_ - 1 : 0;
}

std::string outgoing::text(const templated& open) const {
  const std::pair<std::string_view, std::string> own[] = {
      {"${PORT}", std::to_string(port())},
      {"${AURORA_SERVICE}", from_.name},
      {"${AURORA_INSTANCE}", std::to_string(instance_)},
      {"$$", "$"}};
  std::string out;
  for (std::string_view rest = open.text; !rest.empty();) {
    bool found = false;
    for (const auto& [name, value] : own) {
      if (!rest.starts_with(name)) continue;
      out += value;
      rest.remove_prefix(name.size());
      found = true;
      break;
    }
    if (found) continue;
    out += rest.front();
    rest.remove_prefix(1);
  }
  return out;
}

std::vector<std::string> outgoing::words(const argv_template& open) const {
  std::vector<std::string> all;
  for (const auto& word : open) all.push_back(text(word));
  return all;
}

std::vector<std::pair<std::string, std::string>> outgoing::variables() const {
  std::vector<std::pair<std::string, std::string>> all;
  const auto put = [&](const std::string& name, std::string value) {
    for (auto& [known, old] : all) {
      if (known != name) continue;
      old = std::move(value);
      return;
    }
    all.emplace_back(name, std::move(value));
  };
  for (const auto& layer : from_.env) {
    if (const auto* pairs = std::get_if<env_vars>(&layer)) {
      for (const auto& [name, value] : *pairs) put(name, text(value));
    }
  }
  if (port() != 0) put("PORT", std::to_string(port()));
  put("AURORA_SERVICE", from_.name);
  put("AURORA_INSTANCE", std::to_string(instance_));
  return all;
}

std::vector<std::string> outgoing::env_files() const {
  std::vector<std::string> all;
  for (const auto& layer : from_.env) {
    if (const auto* file = std::get_if<env_file>(&layer)) all.push_back(file->path);
  }
  return all;
}

const service_spec* service_named(const stack_spec& in, std::string_view name) {
  const auto found = std::find_if(in.services.begin(), in.services.end(),
                                  [&](const service_spec& s) { return s.name == name; });
  return found == in.services.end() ? nullptr : &*found;
}

void losses::add(const service_spec& of, std::string_view key, std::string why,
                 std::string instead) {
  all.push_back({diagnostic::severity::warning,
                 {file_, 0, 0},
                 "services." + of.name + "." + std::string(key),
                 std::move(why),
                 std::move(instead)});
}

void tell_common(const service_spec& of, losses& to) {
  if (of.watch) to.add(of, "watch", "files are not watched there", "restart it by hand");
  if (of.critical) to.add(of, "critical", "no service ends the others there", "none");
  if (of.port && *of.port == 0) {
    to.add(of, "port", "no free port is picked there", "write a number");
  }
  if (of.restart.policy != restart_policy::never && of.restart.factor != 1) {
    to.add(of, "restart.factor", "the pause does not grow as it does here", "none");
  }
  if (of.virtualenv) {
    to.add(of, "virtualenv", "no environment of Python is activated there",
           "the python3 of it as the command: " + *of.virtualenv + "/bin/python3");
  }
}

std::string yaml_text(const boost::json::value& value, std::size_t indent) {
  const std::string margin(indent, ' ');
  const auto nested = [&](const boost::json::value& inner, std::size_t by) {
    const bool block = (inner.is_object() && !inner.as_object().empty()) ||
                       (inner.is_array() && !inner.as_array().empty());
    return block ? "\n" + yaml_text(inner, indent + by)
                 : " " + boost::json::serialize(inner) + "\n";
  };
  std::string out;
  if (const auto* object = value.if_object()) {
    for (const auto& member : *object) {
      const std::string_view key = member.key();
      out +=
          margin +
          (is_plain_key(key) ? std::string(key) : boost::json::serialize(boost::json::value(key))) +
          ":" + nested(member.value(), 2);
    }
  } else if (const auto* list = value.if_array()) {
    for (const auto& item : *list) out += margin + "-" + nested(item, 2);
  }
  return out;
}

long long whole_seconds(duration span) {
  return std::chrono::ceil<std::chrono::seconds>(span).count();
}

}  // namespace aurora::ctl::convert
