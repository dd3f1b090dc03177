#include "convert/systemd_text.hpp"

#include <string_view>

#include <aurora/duration.hpp>

namespace aurora::ctl::convert {

std::optional<std::string> systemd_span(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.compare(i, 3, "min") == 0) {
      out += 'm';
      i += 2;
    } else if (text.compare(i, 3, "sec") == 0) {
      out += 's';
      i += 2;
    } else if (text[i] != ' ') {
      out += text[i];
    }
  }
  if (!parse_duration(out)) return std::nullopt;
  return out.find_first_not_of("0123456789.") == std::string::npos ? out + "s" : out;
}

std::optional<std::string> systemd_size(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const bool unit = std::string_view("KMGT").find(text.back()) != std::string_view::npos;
  const auto digits = text.find_first_not_of("0123456789");
  if (digits != std::string::npos && (!unit || digits + 1 != text.size())) return std::nullopt;
  return text + (unit ? "iB" : "B");
}

}  // namespace aurora::ctl::convert
