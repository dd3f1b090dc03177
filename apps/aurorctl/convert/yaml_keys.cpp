#include "convert/yaml_keys.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

#include <aurora/duration.hpp>

namespace aurora::ctl::convert {
namespace {

bool completes(const json::value& condition) {
  return condition == "completed" || condition == "service_completed_successfully";
}

bool in_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

}  // namespace

std::string yaml_keys::variables(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto at = std::min(text.find('$'), text.size());
    out += text.substr(0, at);
    text.remove_prefix(at);
    if (text.empty()) break;
    std::size_t end = 1;
    if (text.starts_with("$$")) {
      out += "$$";
      text.remove_prefix(2);
      continue;
    }
    const bool braces = text.starts_with("${");
    if (braces) ++end;
    const auto begin = end;
    while (end < text.size() && in_name(text[end])) ++end;
    const std::string name(text.substr(begin, end - begin));
    const bool simple = !name.empty() && (!braces || (end < text.size() && text[end] == '}'));
    if (simple) {
      out += "${" + name + ":-}";
      text.remove_prefix(end + (braces ? 1 : 0));
    } else {
      out += braces ? "${" : "$$";
      text.remove_prefix(braces ? 2 : 1);
    }
  }
  return out;
}

json::array yaml_keys::words(const tree& value, const std::string& key) {
  json::array list;
  if (value.is_text()) {
    const auto split = split_words(value.text);
    if (!split) wrong(value, key, "a command whose quotes are closed");
    for (const auto& word : split.value_or(std::vector<std::string>())) {
      list.emplace_back(variables(word));
    }
  } else if (value.is_list()) {
    for (const auto& item : value.items) {
      if (!item.is_text()) wrong(item, key, "text");
      list.emplace_back(variables(item.text));
    }
  } else if (value.is_map()) {
    wrong(value, key, "a command");
  }
  return list;
}

std::vector<std::pair<std::string, std::string>> yaml_keys::pairs(const tree& value,
                                                                  const std::string& key) {
  std::vector<std::pair<std::string, std::string>> all;
  for (const auto& f : value.fields) {
    if (f.value.is == tree::kind::null) continue;
    if (!f.value.is_text()) wrong(f.value, key + "." + f.key, "text");
    all.emplace_back(f.key, variables(f.value.text));
  }
  for (const auto& item : value.items) {
    if (!item.is_text()) wrong(item, key, "KEY=value");
    const auto equals = item.text.find('=');
    if (equals == std::string::npos) continue;
    all.emplace_back(item.text.substr(0, equals), variables(item.text.substr(equals + 1)));
  }
  if (value.is_text()) wrong(value, key, "a map, or a list of KEY=value");
  return all;
}

void yaml_keys::put_pairs(json::object& to, std::string_view name, const tree* value,
                          const std::string& key) {
  if (value == nullptr) return;
  for (const auto& [each, text] : pairs(*value, key)) within(to, name)[each] = text;
}

std::string yaml_keys::time(const tree& value, const std::string& key) {
  if (!value.is_text() || !parse_duration(value.text)) {
    wrong(value, key, "a duration like 1m30s");
    return "0s";
  }
  const bool bare = value.text.find_first_not_of("0123456789.") == std::string::npos;
  return bare ? value.text + "s" : value.text;
}

long long yaml_keys::number(const tree& value, const std::string& key, long long otherwise) {
  const auto n = as_number(value);
  if (n && *n >= 0 && *n <= 1000000000) return *n;
  wrong(value, key, "a whole number from 0 to 1000000000");
  return otherwise;
}

double yaml_keys::decimal(const tree& value, const std::string& key) {
  double n = 0;
  const char* end = value.text.data() + value.text.size();
  const auto [read, ec] = std::from_chars(value.text.data(), end, n);
  if (value.is_text() && ec == std::errc() && read == end && n >= 0 && n < 1e9) return n;
  wrong(value, key, "a number");
  return 1;
}

bool yaml_keys::flag(const tree& value, const std::string& key) {
  const auto given = as_bool(value);
  if (!given) wrong(value, key, "true or false");
  return given.value_or(false);
}

void yaml_keys::wrong(const tree& value, const std::string& key, std::string_view wanted) {
  const std::string found = value.is_text()   ? "\"" + value.text.substr(0, 60) + "\""
                            : value.is_map()  ? "a map"
                            : value.is_list() ? "a list"
                                              : "nothing";
  to_.refuse(value.at, key, found + " cannot stand here", "write " + std::string(wanted));
}

void yaml_keys::settle_dependencies(const tree& services) {
  for (const auto& f : services.fields) {
    if (auto* made = to_.find(f.key)) settle_dependencies(f.key, f.at, *made);
  }
}

void yaml_keys::settle_dependencies(const std::string& service, const position& at,
                                    json::object& to) {
  const auto* given = to.if_contains("depends_on");
  if (given == nullptr || !given->is_object()) return;
  const json::object wanted =
      given->as_object();  // a service that waits for itself is changed below
  json::object kept;
  for (const auto& member : wanted) {
    const std::string original(member.key());
    const std::string name = to_.name_of(original);
    if (name.empty()) {
      to_.lose(at, service + ".depends_on." + original, "that is no service of the result",
               "add it, then name it in \"depends_on\"");
    } else {
      const auto* condition = member.value().as_object().if_contains("condition");
      if (condition != nullptr && completes(*condition)) (*to_.find(original))["type"] = "oneshot";
      kept[name] = member.value();
    }
  }
  to.erase("depends_on");
  if (!kept.empty()) to["depends_on"] = std::move(kept);
}

}  // namespace aurora::ctl::convert
