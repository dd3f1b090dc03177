#include "convert/supervisord_text.hpp"

#include <algorithm>

#include <charconv>

#include "convert/draft.hpp"

namespace aurora::ctl::convert {
namespace {

constexpr std::string_view blanks = " \t\n";

/// The value of `%(name)s`. Nothing: there is none of that name.
std::optional<std::string> value_of(std::string_view name, const supervisord_names& names,
                                    bool& counts) {
  if (name.starts_with("ENV_") && name.size() > 4) return "${" + std::string(name.substr(4)) + "}";
  if (name == "here") return literal(names.here);
  if (name == "program_name" || name == "group_name") return literal(names.program);
  if (name != "process_num") return std::nullopt;
  if (!names.many) return std::to_string(names.number);
  counts = true;
  return "${AURORA_INSTANCE}";
}

/// A value of `environment`, quoted or not; `rest` goes on behind it. Nothing: a quote is open.
std::optional<std::string> take_value(std::string_view& rest) {
  std::string value;
  const bool quoted = !rest.empty() && (rest.front() == '"' || rest.front() == '\'');
  if (!quoted) {
    const auto end = std::min(rest.find(','), rest.size());
    value = rest.substr(0, end);
    while (!value.empty() && blanks.find(value.back()) != blanks.npos) value.pop_back();
    rest.remove_prefix(end);
    return value;
  }
  const char quote = rest.front();
  rest.remove_prefix(1);
  while (!rest.empty() && rest.front() != quote) {
    if (quote == '"' && rest.front() == '\\' && rest.size() > 1 &&
        (rest[1] == '"' || rest[1] == '\\')) {
      rest.remove_prefix(1);
    }
    value += rest.front();
    rest.remove_prefix(1);
  }
  if (rest.empty()) return std::nullopt;
  rest.remove_prefix(1);
  return value;
}

void skip(std::string_view& rest, std::string_view what) {
  rest.remove_prefix(std::min(rest.find_first_not_of(what), rest.size()));
}

}  // namespace

expanded expand_supervisord(std::string_view text, const supervisord_names& names) {
  expanded result;
  while (!text.empty()) {
    const auto at = std::min(text.find('%'), text.size());
    result.text += literal(text.substr(0, at));
    text.remove_prefix(at);
    if (text.empty()) break;
    if (text.starts_with("%%")) {
      result.text += '%';
      text.remove_prefix(2);
      continue;
    }
    const auto end = text.find(')');
    const auto name = text.starts_with("%(") && end != text.npos ? text.substr(2, end - 2) : "";
    const auto type = end == text.npos ? end : text.find_first_of("sd", end);
    const auto value = value_of(name, names, result.counts);
    if (!value || type == text.npos) {
      result.fault = "cannot fill in \"" + std::string(text.substr(0, 40)) + "\"";
      return result;
    }
    result.text += *value;
    text.remove_prefix(type + 1);
  }
  return result;
}

std::optional<std::vector<std::pair<std::string, std::string>>> supervisord_environment(
    std::string_view text) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (skip(text, " \t\n,"); !text.empty(); skip(text, " \t\n,")) {
    const auto equals = text.find('=');
    if (equals == text.npos) return std::nullopt;
    std::string key(text.substr(0, equals));
    while (!key.empty() && blanks.find(key.back()) != blanks.npos) key.pop_back();
    text.remove_prefix(equals + 1);
    skip(text, blanks);
    auto value = take_value(text);
    if (key.empty() || !value) return std::nullopt;
    pairs.emplace_back(std::move(key), std::move(*value));
  }
  return pairs;
}

std::optional<long long> supervisord_size(std::string_view text) {
  long long number = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (ec != std::errc() || number < 0 || number > (1LL << 40)) return std::nullopt;
  std::string unit(end, text.data() + text.size());
  for (char& c : unit) c = static_cast<char>(c & ~0x20);
  if (unit.empty()) return number;
  const int shift = unit == "KB" ? 10 : unit == "MB" ? 20 : unit == "GB" ? 30 : 0;
  if (shift == 0 || number > ((1LL << 50) >> shift)) return std::nullopt;
  return number << shift;
}

}  // namespace aurora::ctl::convert
