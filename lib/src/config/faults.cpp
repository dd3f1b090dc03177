#include "config/faults.hpp"

#include <algorithm>
#include <tuple>
#include <unordered_map>

#include <fmt/format.h>

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
    while (cut < column && (static_cast<unsigned char>(line[cut]) & 0xC0) == 0x80) ++cut;
    line.remove_prefix(cut);
    column -= cut;
  }
  std::string shown, under;
  for (std::size_t i = 0; i < std::min(line.size(), widest); ++i) {
    const auto byte = static_cast<unsigned char>(line[i]);
    const bool control = byte < 0x20 || byte == 0x7F;
    shown += line[i] == '\t' || line[i] == '\r' ? ' ' : control ? '?' : line[i];
    if (i < column && (byte & 0xC0) != 0x80) under += ' ';
  }
  return fmt::format("  {}\n  {}^\n", shown, under);
}

}  // namespace aurora
