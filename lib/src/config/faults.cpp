#include "config/faults.hpp"

#include <algorithm>
#include <tuple>
#include <unordered_map>

#include <fmt/format.h>

#include <aurora/config.hpp>

#include "config/utf8.hpp"
#include "config/words.hpp"

namespace aurora::config {

void fault_list::add(diagnostic fault) {
  errors_ = errors_ || fault.level == diagnostic::severity::error;
  if (kept_.size() < most) {
    kept_.push_back(std::move(fault));
  } else {
    ++left_out_;
  }
}

diagnostics fault_list::finish(const std::vector<std::string>& files) && {
  std::unordered_map<std::string, std::size_t> rank;
  for (const auto& file : files) rank.emplace(file, rank.size());
  const auto order = [&](const diagnostic& fault) {
    const auto found = rank.find(fault.at.file);
    return std::tuple(found == rank.end() ? rank.size() : found->second, fault.at.line,
                      fault.at.column);
  };
  std::stable_sort(kept_.begin(), kept_.end(),
                   [&](const diagnostic& a, const diagnostic& b) { return order(a) < order(b); });
  if (left_out_ > 0) {
    const auto level = errors_ ? diagnostic::severity::error : diagnostic::severity::warning;
    const auto file = files.empty() ? std::string() : files.front();
    kept_.push_back({level,
                     {file, 0, 0},
                     "",
                     fmt::format("{} more faults", left_out_),
                     "mend the first ones, then look again"});
  }
  return std::move(kept_);
}

}  // namespace aurora::config

namespace aurora {

namespace {

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

/// UTF-8, and no C1 control among it: a terminal takes U+009B for the beginning of a command.
bool is_harmless_utf8(std::string_view text) {
  if (config::find_bad_utf8(text) != std::string_view::npos) return false;
  for (auto at = text.find('\xC2'); at != std::string_view::npos; at = text.find('\xC2', at + 1))
    if (at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xA0) return false;
  return true;
}

}  // namespace

std::string to_string(const diagnostic& fault) {
  std::string out = fault.at.file;
  if (fault.at.line > 0) out += fmt::format(":{}:{}", fault.at.line, fault.at.column);
  if (!out.empty()) out += ": ";
  if (fault.level == diagnostic::severity::warning) out += "warning: ";
  if (!fault.key.empty()) out += fault.key + ": ";
  out += fault.message;
  if (!fault.hint.empty()) out += fmt::format(" ({})", fault.hint);
  return out;
}

bool has_errors(const diagnostics& faults) {
  return std::any_of(faults.begin(), faults.end(), [](const diagnostic& fault) {
    return fault.level == diagnostic::severity::error;
  });
}

std::string caret(std::string_view text, const position& at) {
  constexpr std::size_t widest = 76;
  if (at.line == 0 || at.column == 0) return {};
  std::size_t begin = 0;
  for (unsigned line = 1; line < at.line; ++line) {
    begin = text.find('\n', begin);
    if (begin == std::string_view::npos) return {};
    ++begin;
  }
  auto line = text.substr(begin, text.find('\n', begin) - begin);
  std::size_t column = std::min<std::size_t>(at.column - 1, line.size());
  if (column > widest / 2 && line.size() > widest) {
    auto cut = column - widest / 2;
    while (cut < column && is_continuation(line[cut])) ++cut;
    line.remove_prefix(cut);
    column -= cut;
  }
  auto end = std::min(line.size(), widest);
  while (end < line.size() && is_continuation(line[end])) --end;
  line = line.substr(0, end);
  const bool text_is_plain = is_harmless_utf8(line);
  std::string shown, under;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const auto byte = static_cast<unsigned char>(line[i]);
    const bool hidden = byte < 0x20 || byte == 0x7F || (byte >= 0x80 && !text_is_plain);
    shown += line[i] == '\t' || line[i] == '\r' ? ' ' : hidden ? '?' : line[i];
    if (i < column && (!text_is_plain || !is_continuation(line[i]))) under += ' ';
  }
  return fmt::format("  {}\n  {}^\n", shown, under);
}

fault_context::fault_context(std::string main_file, config_source& source)
    : main_file_(std::move(main_file)), source_(source) {}

std::string fault_context::of(const diagnostic& fault) {
  constexpr unsigned most = 20;
  const auto& file = fault.at.file;
  if (shown_ == most || (file != main_file_ && !file.ends_with(".json"))) return {};
  auto found = texts_.find(file);
  if (found == texts_.end()) {
    std::string words;
    found = texts_.emplace(file, source_.read(file, words)).first;
  }
  if (!found->second) return {};
  ++shown_;
  return caret(*found->second, fault.at);
}

}  // namespace aurora
