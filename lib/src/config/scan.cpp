#include "config/scan.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "config/utf8.hpp"
#include "config/values.hpp"
#include "config/words.hpp"

namespace aurora::config {
namespace {

/// Thrown inside this file only: the grammar has a few dozen ways to end early, each at any depth.
struct syntax_error {
  std::size_t at;
  std::string message;
  std::string hint;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_';
}

/// What may belong to a number or a bare word, so that "1.5.5" or "0x10" is quoted whole.
bool is_bare(char c) { return is_word(c) || c == '+' || c == '-' || c == '.'; }

class scanner {
 public:
  scanner(document& into, fault_list& faults)
      : document_(into), text_(into.text), faults_(faults) {}

  void run() {
    skip_blanks();
    if (at_ == text_.size()) {
      throw syntax_error{0, "the file is empty", "begin with {\"version\": 1, \"services\": {}}"};
    }
    value(0);
    skip_blanks();
    if (at_ < text_.size()) {
      throw syntax_error{at_, fmt::format("{} after the end of the document", found()), ""};
    }
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  /// What stands at the current place, for a message.
  std::string found() const {
    if (at_ == text_.size()) return "the end of the file";
    auto end = at_;
    while (end < text_.size() && is_bare(text_[end])) ++end;
    if (end == at_) {
      ++end;
      while (end < text_.size() && (static_cast<unsigned char>(text_[end]) & 0xC0) == 0x80) ++end;
    }
    return quote(text_.substr(at_, end - at_));
  }

  void skip_blanks() {
    for (;;) {
      while (at_ < text_.size() &&
             (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r')) {
        ++at_;
      }
      if (peek() != '/') return;
      skip_comment();
    }
  }

  void skip_comment() {
    const auto kind = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    if (kind == '/') {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (kind == '*') {
      const auto end = text_.find("*/", at_ + 2);
      if (end == std::string_view::npos) {
        throw syntax_error{at_, "this comment never ends", "close it with */"};
      }
      at_ = end + 2;
    } else {
      throw syntax_error{at_, "unexpected \"/\"", "comments begin with // or /*"};
    }
  }

  std::size_t open(json_kind kind) {
    document_.entries.push_back({static_cast<std::uint32_t>(at_), 0, 0, kind, false});
    return document_.entries.size() - 1;
  }

  void close(std::size_t index) {
    document_.entries[index].next = static_cast<std::uint32_t>(document_.entries.size());
  }

  void value(unsigned depth) {
    switch (peek()) {
      case '{':
        return object(depth + 1);
      case '[':
        return array(depth + 1);
      case '"':
        return string();
      case '\'':
        throw syntax_error{at_, "strings take double quotes", "write \"…\""};
      default:
        return bare();
    }
  }

  void check_depth(unsigned depth) const {
    if (depth <= deepest_nesting) return;
    throw syntax_error{at_, fmt::format("nested deeper than {}", deepest_nesting), ""};
  }

  void object(unsigned depth) {
    check_depth(depth);
    const auto index = open(json_kind::object);
    const auto begin = at_++;
    for (skip_blanks(); peek() != '}'; separator(begin, '}')) {
      if (peek() != '"') bad_key(begin);
      const auto key = document_.entries.size();
      string();
      path_.push_back(document_.content_of(document_.entries[key]));
      skip_blanks();
      if (peek() != ':') {
        throw syntax_error{at_, fmt::format("{} where \":\" and a value belong", found()), ""};
      }
      ++at_;
      skip_blanks();
      value(depth);
      path_.pop_back();
    }
    ++at_;
    close(index);
    find_duplicates(index);
  }

  [[noreturn]] void bad_key(std::size_t begin) const {
    if (at_ == text_.size()) never_closed(begin, '}');
    if (peek() == '\'' || is_word(peek())) {
      throw syntax_error{at_, "keys take double quotes",
                         is_word(peek()) ? fmt::format("write {}", found()) : "write \"…\""};
    }
    throw syntax_error{at_, fmt::format("{} where a key or \"}}\" belongs", found()), ""};
  }

  void array(unsigned depth) {
    check_depth(depth);
    const auto index = open(json_kind::array);
    const auto begin = at_++;
    for (skip_blanks(); peek() != ']'; separator(begin, ']')) {
      if (at_ == text_.size()) never_closed(begin, ']');
      value(depth);
    }
    ++at_;
    close(index);
  }

  /// A comma, or the end of the list or object, comes next.
  void separator(std::size_t begin, char end) {
    skip_blanks();
    if (peek() == ',') {
      ++at_;
      skip_blanks();
    } else if (at_ == text_.size()) {
      never_closed(begin, end);
    } else if (peek() != end) {
      throw syntax_error{at_, fmt::format("{} where \",\" or \"{}\" belongs", found(), end),
                         "is a comma missing before it?"};
    }
  }

  [[noreturn]] void never_closed(std::size_t begin, char end) const {
    const auto opened = document_.locate(static_cast<std::uint32_t>(begin));
    throw syntax_error{
        text_.size(),
        fmt::format("the file ends before the \"{}\" of line {}, column {} is closed", text_[begin],
                    opened.line, opened.column),
        fmt::format("add \"{}\"", end)};
  }

  void bare() {
    const auto begin = at_;
    while (at_ < text_.size() && is_bare(text_[at_])) ++at_;
    const auto word = text_.substr(begin, at_ - begin);
    at_ = begin;
    if (word == "null" || word == "true" || word == "false") {
      return leaf(word == "null" ? json_kind::null : json_kind::boolean, word);
    }
    if (is_json_number(word)) return leaf(json_kind::number, word);
    if (!word.empty() &&
        (is_digit(word[0]) || word[0] == '-' || word[0] == '+' || word[0] == '.')) {
      throw syntax_error{at_, fmt::format("{} is not a number", quote(word)),
                         "decimal, without a leading \"+\" or zeros; durations and sizes with a "
                         "unit are strings: \"5s\""};
    }
    const auto hint =
        word.empty() ? std::string() : fmt::format("strings take quotes: {}", quote(word));
    throw syntax_error{at_, fmt::format("{} where a value belongs", found()), hint};
  }

  void leaf(json_kind kind, std::string_view word) {
    const auto index = open(kind);
    document_.entries[index].length = static_cast<std::uint32_t>(word.size());
    at_ += word.size();
    close(index);
  }

  void string() {
    const auto index = open(json_kind::string);
    const auto begin = at_++;
    std::optional<std::string> content;
    while (peek() != '"' || at_ == text_.size()) {
      if (at_ == text_.size() || peek() == '\n') {
        throw syntax_error{begin, "this string never ends", "close it with \" on the same line"};
      }
      if (static_cast<unsigned char>(peek()) < 0x20) {
        throw syntax_error{at_, "a control character inside a string", "write \\t, \\n or \\u00NN"};
      }
      if (peek() == '\\') {
        if (!content) content.emplace(text_.substr(begin + 1, at_ - begin - 1));
        escape(*content);
      } else {
        if (content) *content += peek();
        ++at_;
      }
    }
    auto& entry = document_.entries[index];
    entry.length = static_cast<std::uint32_t>(at_ - begin - 1);
    if (content) {
      entry.escaped = true;
      entry.length = static_cast<std::uint32_t>(document_.unescaped.size());
      document_.unescaped.push_back(std::move(*content));
    }
    ++at_;
    close(index);
  }

  void escape(std::string& content) {
    const auto begin = at_++;
    const auto kind = at_ < text_.size() ? text_[at_++] : '\0';
    switch (kind) {
      case '"':
      case '\\':
      case '/':
        content += kind;
        return;
      case 'b':
        content += '\b';
        return;
      case 'f':
        content += '\f';
        return;
      case 'n':
        content += '\n';
        return;
      case 'r':
        content += '\r';
        return;
      case 't':
        content += '\t';
        return;
      case 'u':
        append_utf8(content, code_point(begin));
        return;
      default:
        throw syntax_error{begin, "not an escape that JSON has",
                           "a backslash itself is written \\\\"};
    }
  }

  std::uint32_t hex4(std::size_t begin) {
    std::uint32_t unit = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      const char c = peek();
      std::uint32_t digit = 0;
      if (is_digit(c)) {
        digit = static_cast<std::uint32_t>(c - '0');
      } else if (c >= 'a' && c <= 'f') {
        digit = static_cast<std::uint32_t>(c - 'a' + 10);
      } else if (c >= 'A' && c <= 'F') {
        digit = static_cast<std::uint32_t>(c - 'A' + 10);
      } else {
        throw syntax_error{begin, "\\u takes four hexadecimal digits", ""};
      }
      unit = unit << 4 | digit;
    }
    return unit;
  }

  std::uint32_t code_point(std::size_t begin) {
    const auto first = hex4(begin);
    if (first < 0xD800 || first > 0xDFFF) return first;
    if (first <= 0xDBFF && text_.substr(at_, 2) == "\\u") {
      at_ += 2;
      const auto second = hex4(begin);
      if (second >= 0xDC00 && second <= 0xDFFF) {
        return 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
      }
    }
    throw syntax_error{begin, "half of a surrogate pair", "write the character itself"};
  }

  void find_duplicates(std::size_t object) {
    std::vector<node> keys;
    node(document_, static_cast<std::uint32_t>(object)).for_each_member([&](node key, node) {
      keys.push_back(key);
    });
    std::stable_sort(keys.begin(), keys.end(),
                     [](const node& a, const node& b) { return a.text() < b.text(); });
    for (std::size_t i = 1, first = 0; i < keys.size(); ++i) {
      if (keys[i].text() != keys[first].text()) {
        first = i;
        continue;
      }
      const auto here = keys[i].at(), there = keys[first].at();
      auto key = fmt::format("{}", fmt::join(path_, "."));
      key += (key.empty() ? "" : ".") + std::string(keys[i].text());
      faults_.add({diagnostic::severity::error, here, shorten(key),
                   fmt::format("{} is given twice: here and in line {}, column {}",
                               quote(keys[i].text()), there.line, there.column),
                   "keep one of them"});
    }
  }

  document& document_;
  std::string_view text_;
  fault_list& faults_;
  std::size_t at_ = 0;
  std::vector<std::string_view> path_;  ///< the keys around the current place
};

/// What is wrong with the text as a whole, before any value is looked at.
std::optional<syntax_error> refuse(std::string_view text) {
  if (text.size() > largest_file) {
    return syntax_error{0,
                        fmt::format("{} bytes are more than a configuration file may have ({})",
                                    text.size(), largest_file),
                        "split it with \"include\""};
  }
  if (text.starts_with("\xEF\xBB\xBF")) {
    return syntax_error{0, "the file begins with a byte order mark",
                        "save it as UTF-8 without a BOM"};
  }
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    return syntax_error{0, "the file is UTF-16", "save it as UTF-8"};
  }
  const auto bad = find_bad_utf8(text);
  if (bad == std::string_view::npos) return std::nullopt;
  return syntax_error{
      bad, fmt::format("byte 0x{:02X} is not UTF-8", static_cast<unsigned char>(text[bad])),
      "save the file as UTF-8; it looks like Latin-1"};
}

}  // namespace

std::unique_ptr<document> scan(std::string file, std::string text, fault_list& faults) {
  const bool too_large = text.size() > largest_file;
  auto refusal = refuse(text);
  if (too_large) text.clear();
  auto result = std::make_unique<document>(std::move(file), std::move(text));
  const auto report = [&](const syntax_error& e) {
    result->entries.clear();
    const auto at = result->locate(static_cast<std::uint32_t>(e.at));
    faults.add({diagnostic::severity::error, at, "", e.message, e.hint});
  };
  if (refusal) {
    report(*refusal);
    return result;
  }
  try {
    // A value takes four bytes or more on average; growing from there costs one more copy at most.
    result->entries.reserve(result->text.size() / 12);
    scanner(*result, faults).run();
  } catch (const syntax_error& e) {
    report(e);
  }
  return result;
}

}  // namespace aurora::config
