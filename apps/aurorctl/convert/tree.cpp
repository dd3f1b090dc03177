#include "tree.hpp"

#include <algorithm>
#include <charconv>

#include "detect_text.hpp"

namespace aurora::ctl::convert {
namespace {

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

}  // namespace

const tree* tree::find(std::string_view key) const {
  for (const auto& f : fields) {
    if (f.key == key) return &f.value;
  }
  return nullptr;
}

std::optional<bool> as_bool(const tree& value) {
  if (!value.is_text()) return std::nullopt;
  const std::string word = lower(value.text);
  for (const char* yes : {"true", "yes", "on", "1", "y", "t"}) {
    if (word == yes) return true;
  }
  for (const char* no : {"false", "no", "off", "0", "n", "f"}) {
    if (word == no) return false;
  }
  return std::nullopt;
}

std::optional<long long> as_number(const tree& value) {
  if (!value.is_text()) return std::nullopt;
  long long number = 0;
  const char* end = value.text.data() + value.text.size();
  const auto [read, ec] = std::from_chars(value.text.data(), end, number);
  return ec == std::errc() && read == end ? std::optional(number) : std::nullopt;
}

bool readable(const std::string& text, const std::string& file, diagnostics& faults) {
  diagnostic fault;
  fault.at.file = file;
  if (text.size() > largest_file) {
    fault.message = "the file is larger than 4 MiB";
    fault.hint = "is it the right file?";
  } else if (const auto nul = text.find('\0'); nul != std::string::npos) {
    fault.at.line = 1 + static_cast<unsigned>(std::count(
                            text.begin(), text.begin() + static_cast<std::ptrdiff_t>(nul), '\n'));
    fault.message = "a NUL byte is in it, so it is no text";
    fault.hint = "is it the right file?";
  } else if (!tellable(text, text.size())) {
    fault.message = "it is no UTF-8";
    fault.hint = "convert it first: iconv -f latin1 -t utf8";
  } else {
    return true;
  }
  faults.push_back(fault);
  return false;
}

std::optional<std::vector<std::string>> split_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool inside = false;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool last = i + 1 == text.size();
    if (quote == '\'') {
      if (c == quote) {
        quote = 0;
      } else {
        word += c;
      }
    } else if (c == '\\' && !last) {
      const char next = text[++i];
      if (quote == '"' && next != '"' && next != '\\' && next != '$' && next != '`') word += c;
      word += next;
      inside = true;
    } else if (c == quote && quote != 0) {
      quote = 0;
    } else if (quote == 0 && (c == '\'' || c == '"')) {
      quote = c;
      inside = true;
    } else if (quote == 0 && (c == ' ' || c == '\t' || c == '\n' || c == '\r')) {
      if (inside) words.push_back(std::move(word));
      word.clear();
      inside = false;
    } else {
      word += c;
      inside = true;
    }
  }
  if (quote != 0) return std::nullopt;
  if (inside) words.push_back(std::move(word));
  return words;
}

}  // namespace aurora::ctl::convert
