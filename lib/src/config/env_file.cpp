#include "config/env_file.hpp"

#include <unordered_map>

#include <fmt/format.h>

#include <aurora/config.hpp>

#include "config/words.hpp"

namespace aurora::config {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

bool is_name(char c, bool first) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  return letter || (!first && ((c >= '0' && c <= '9') || c == '.' || c == '-'));
}

class env_parser {
 public:
  env_parser(std::string_view text, const std::string& path, fault_list& faults)
      : text_(text), path_(path), faults_(faults) {}

  env_pairs run() {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    while (at_ < text_.size()) {
      skip_blanks();
      if (at_ < text_.size() && peek() != '\n' && peek() != '#') assignment();
      skip_line();
    }
    return std::move(pairs_);
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void skip_blanks() {
    while (at_ < text_.size() && is_blank(peek())) ++at_;
  }

  /// To the beginning of the next line.
  void skip_line() {
    const auto end = text_.find('\n', at_);
    at_ = end == std::string_view::npos ? text_.size() : end + 1;
  }

  void fault(std::size_t at, std::string message, std::string hint) {
    // Counted from where the last fault was, so that a file full of them stays linear.
    for (; counted_ < at; ++counted_) {
      if (text_[counted_] != '\n') continue;
      ++line_;
      line_start_ = counted_ + 1;
    }
    faults_.add({diagnostic::severity::error,
                 {path_, line_, static_cast<unsigned>(at - line_start_ + 1)},
                 "",
                 std::move(message),
                 std::move(hint)});
  }

  std::string_view name() {
    const auto begin = at_;
    while (at_ < text_.size() && is_name(peek(), at_ == begin)) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  void assignment() {
    const auto begin = at_;
    auto key = name();
    if (key == "export" && is_blank(peek())) {
      skip_blanks();
      key = name();
    }
    skip_blanks();
    if (key.empty() || peek() != '=') {
      const auto line = text_.substr(begin, text_.find('\n', begin) - begin);
      return fault(
          begin, fmt::format("{} is not KEY=value", quote(line)),
          key.empty() ? "names are letters, digits and \"_\"" : "a \"=\" belongs behind the name");
    }
    ++at_;
    skip_blanks();
    std::string value;
    const bool good = peek() == '"' || peek() == '\'' ? quoted(value) : bare(value);
    if (good) keep(key, std::move(value));
  }

  bool bare(std::string& value) {
    const auto line_end = std::min(text_.find('\n', at_), text_.size());
    auto line = text_.substr(at_, line_end - at_);
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (line[i] == '#' && (i == 0 || is_blank(line[i - 1]))) line = line.substr(0, i);
    }
    while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
    if (line.find('\0') != std::string_view::npos) {
      fault(at_, "the value holds a NUL byte", "");
      return false;
    }
    value = line;
    return true;
  }

  bool quoted(std::string& value) {
    const auto begin = at_;
    const char end = text_[at_++];
    for (; at_ < text_.size() && peek() != end; ++at_) {
      if (peek() == '\0') {
        fault(at_, "the value holds a NUL byte", "");
        return false;
      }
      if (end == '"' && peek() == '\\' && at_ + 1 < text_.size()) {
        escape(value);
      } else {
        value += peek();
      }
    }
    if (at_ >= text_.size()) {
      // The rest of the file is not the value of this line: go on behind it to find more.
      at_ = begin;
      fault(begin, fmt::format("the quote {} is never closed", end), fmt::format("add {}", end));
      return false;
    }
    ++at_;
    skip_blanks();
    if (at_ < text_.size() && peek() != '\n' && peek() != '#') {
      fault(at_,
            fmt::format("{} behind the closing quote",
                        quote(text_.substr(at_, text_.find('\n', at_) - at_))),
            "put all of the value into the quotes");
      return false;
    }
    return true;
  }

  void escape(std::string& value) {
    const char next = text_[++at_];
    switch (next) {
      case 'n':
        value += '\n';
        break;
      case 'r':
        value += '\r';
        break;
      case 't':
        value += '\t';
        break;
      case '"':
      case '\\':
      case '$':
        value += next;
        break;
      default:
        (value += '\\') += next;
    }
  }

  void keep(std::string_view key, std::string value) {
    const auto [known, fresh] = index_.try_emplace(std::string(key), pairs_.size());
    if (fresh) {
      pairs_.emplace_back(key, std::move(value));
    } else {
      pairs_[known->second].second = std::move(value);
    }
  }

  std::string_view text_;
  const std::string& path_;
  fault_list& faults_;
  std::size_t at_ = 0;
  std::size_t counted_ = 0, line_start_ = 0;
  unsigned line_ = 1;
  env_pairs pairs_;
  std::unordered_map<std::string, std::size_t> index_;
};

}  // namespace

env_pairs read_env_text(std::string_view text, const std::string& path, fault_list& faults) {
  return env_parser(text, path, faults).run();
}

}  // namespace aurora::config

namespace aurora {

std::vector<std::pair<std::string, std::string>> parse_env_file(std::string_view text,
                                                                const std::string& path,
                                                                diagnostics& faults) {
  config::fault_list found;
  auto pairs = config::read_env_text(text, path, found);
  for (auto& each : std::move(found).finish({path})) faults.push_back(std::move(each));
  return pairs;
}

}  // namespace aurora
