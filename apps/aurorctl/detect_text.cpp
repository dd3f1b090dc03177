#include "detect_text.hpp"

#include <algorithm>
#include <charconv>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

namespace aurora::ctl {
namespace {

constexpr std::string_view blanks = " \t";
constexpr std::string_view name_letters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
constexpr std::size_t most_names = 100;
constexpr int port_distance = 100;
constexpr int highest_port = 65535;

/// The next line, without its end.
std::string_view take_line(std::string_view& rest) {
  const auto end = std::min(rest.find('\n'), rest.size());
  auto line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

/// `name:` or `"name":` with nothing but blanks and a comment behind it; empty: it is something
/// else.
std::string_view plain_key(std::string_view text) {
  const auto colon = text.rfind(':', text.find(" #"));
  if (colon == std::string_view::npos) return {};
  const auto behind = trimmed(text.substr(colon + 1));
  auto name = trimmed(text.substr(0, colon));
  const bool quoted = name.size() > 2 && (name.front() == '"' || name.front() == '\'') &&
                      name.back() == name.front();
  if (quoted) name = name.substr(1, name.size() - 2);
  const bool plain = name.find_first_not_of(std::string(name_letters) + ".") == name.npos;
  return plain && (behind.empty() || behind.front() == '#') ? name : std::string_view();
}

}  // namespace

bool tellable(std::string_view text, std::size_t most) {
  if (text.size() > most || text.find('\0') != std::string_view::npos) return false;
  boost::system::error_code ec;
  boost::json::parse(boost::json::serialize(boost::json::value(text)), ec);  // holds UTF-8 to it
  return !ec;
}

procfile_content procfile_lines(std::string_view text) {
  procfile_content result;
  for (unsigned number = 1; !text.empty(); ++number) {
    const auto line = trimmed(take_line(text));
    if (line.empty() || line.front() == '#') continue;
    const auto end = line.find_first_not_of(name_letters);
    const bool named = end != 0 && end != std::string_view::npos && line[end] == ':';
    const auto command = named ? trimmed(line.substr(end + 1)) : std::string_view();
    if (command.empty() || !tellable(command)) {
      result.refused_lines.push_back(number);
      continue;
    }
    result.entries.push_back({std::string(line.substr(0, end)), std::string(command), number});
  }
  return result;
}

procfile_ports::given procfile_ports::next(std::string_view command) {
  given result;
  if (port_ <= highest_port) {
    result = {port_, command.find("PORT") != std::string_view::npos};
    port_ += port_distance;
  }
  return result;
}

std::vector<std::string> compose_names(std::string_view text) {
  std::vector<std::string> names;
  bool inside = false;
  std::size_t depth = 0;
  while (!text.empty() && names.size() < most_names) {
    const auto line = take_line(text);
    const auto indent = line.find_first_not_of(' ');
    if (indent == std::string_view::npos || line[indent] == '#') continue;
    if (indent == 0) {
      inside = plain_key(line) == "services";
      depth = 0;
      continue;
    }
    if (!inside) continue;
    if (depth == 0) depth = indent;
    const auto name = indent == depth ? plain_key(line) : std::string_view();
    if (!name.empty()) names.emplace_back(name);
  }
  return names;
}

std::optional<int> port_from(std::string_view text) {
  int port = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool whole = ec == std::errc() && end == text.data() + text.size();
  return whole && port > 0 && port <= highest_port ? std::optional<int>(port) : std::nullopt;
}

}  // namespace aurora::ctl
