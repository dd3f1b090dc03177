#include "wire/exposition.hpp"

#include <algorithm>
#include <string>

namespace aurora::wire {
namespace {

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  return text.substr(0, text.find_last_not_of(" \t") + 1);
}

/// Cuts off what stands before the next `end`, or all.
std::string_view cut(std::string_view& text, char end) {
  const auto at = std::min(text.find(end), text.size());
  const auto head = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return trimmed(head);
}

/// One range of an `Accept` (RFC 9110, 12.5.1).
struct media_range {
  std::string type, version;
  double quality = 1;
};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

/// "0.75": a digit, a point and three more at most; nothing else is a number here.
double quality_of(std::string_view text) {
  double out = 0, place = 1;
  for (std::size_t i = 0; i < text.size() && i < 5; ++i) {
    if (i == 1 && text[i] == '.') continue;
    if (text[i] < '0' || text[i] > '9' || i == 1) return 0;
    out += (text[i] - '0') * place;
    place /= 10;
  }
  return text.empty() || out > 1 ? 0 : out;
}

media_range parse_range(std::string_view text) {
  media_range out;
  out.type = lower(cut(text, ';'));
  while (!text.empty()) {
    auto value = cut(text, ';');
    const auto name = lower(cut(value, '='));
    if (name == "q") out.quality = quality_of(value);
    if (name == "version") out.version = value;
  }
  return out;
}

}  // namespace

exposition exposition_for(std::string_view accept) {
  double open = 0, plain = 0;
  while (!accept.empty()) {
    const auto range = parse_range(cut(accept, ','));
    const bool first = range.version.empty() || range.version == "1.0.0";
    if (range.type == "application/openmetrics-text" && first) open = std::max(open, range.quality);
    if (range.type == "text/plain") plain = std::max(plain, range.quality);
  }
  return open > 0 && open >= plain ? exposition::openmetrics : exposition::text;
}

std::string_view media_type(exposition how) {
  return how == exposition::openmetrics
             ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
             : "text/plain; version=0.0.4; charset=utf-8";
}

}  // namespace aurora::wire
