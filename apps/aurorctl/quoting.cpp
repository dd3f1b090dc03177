#include "quoting.hpp"

#include <algorithm>

namespace aurora::ctl {

std::string shell_quoted(std::string_view word) {
  constexpr std::string_view harmless =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./:=@,+";
  if (!word.empty() && word.find_first_not_of(harmless) == word.npos) return std::string(word);
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string cron_quoted(std::string_view word) {
  std::string out;
  for (const char c : shell_quoted(word)) {
    if (c != '%') {
      out += c;
      continue;
    }
    if (out.ends_with('\\')) out += "''";  // ends the quotes and begins them again
    out += "\\%";
  }
  return out;
}

std::string unit_program(std::string_view path) {
  std::string out = "\"";
  for (const char c : path) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '%') out += '%';
    out += c;
  }
  return out + "\"";
}

std::string unit_quoted(std::string_view word) { return doubled(unit_program(word), '$'); }

std::string doubled(std::string_view text, char which) {
  std::string out;
  for (const char c : text) out.append(c == which ? 2 : 1, c);
  return out;
}

std::string config_quoted(std::string_view text) {
  if (text.find("${") == text.npos && text.find("$$") == text.npos) return std::string(text);
  return doubled(text, '$');
}

bool is_one_line(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

}  // namespace aurora::ctl
