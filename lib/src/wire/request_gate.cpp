#include "wire/request_gate.hpp"

#include <algorithm>
#include <array>

namespace aurora::wire {
namespace {

head_fault refuse(std::string text) { return {400, std::move(text)}; }

/// tchar of RFC 9110 §5.6.2.
constexpr std::array<bool, 256> token_table() {
  std::array<bool, 256> is{};
  for (const char c : std::string_view("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                                       "ABCDEFGHIJKLMNOPQRSTUVWXYZ")) {
    is[static_cast<unsigned char>(c)] = true;
  }
  return is;
}
constexpr auto is_token = token_table();

bool all_of(std::string_view text, const std::array<bool, 256>& table) {
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return table[static_cast<unsigned char>(c)]; });
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool same(std::string_view a, std::string_view lower_case) {
  return a.size() == lower_case.size() && std::equal(a.begin(), a.end(), lower_case.begin(),
                                                     [](char x, char y) { return lower(x) == y; });
}

std::string_view trim(std::string_view text) {
  const auto from = text.find_first_not_of(" \t");
  if (from == text.npos) return {};
  return text.substr(from, text.find_last_not_of(" \t") - from + 1);
}

/// Fields that mean one thing only where there is one of them.
constexpr std::array<std::string_view, 8> singles{
    "host",          "content-length", "transfer-encoding", "content-type", "expect",
    "authorization", "origin",         "sec-fetch-site"};

class head_check {
 public:
  std::optional<head_fault> request_line(std::string_view line) {
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    if (first == line.npos || first == last || first == 0) {
      return refuse("the request line is not METHOD TARGET VERSION");
    }
    if (!all_of(line.substr(0, first), is_token)) return refuse("the method is not a token");
    if (auto fault = version(line.substr(last + 1))) return fault;
    return target(line.substr(first + 1, last - first - 1));
  }

  std::optional<head_fault> field(std::string_view line) {
    if (line.front() == ' ' || line.front() == '\t') return refuse("a header field is folded");
    const auto colon = line.find(':');
    if (colon == line.npos || colon == 0) return refuse("a header line has no name");
    const auto name = line.substr(0, colon);
    if (!all_of(name, is_token)) return refuse("a header name is not a token");
    return value(name, trim(line.substr(colon + 1)));
  }

  std::optional<head_fault> together() const {
    const bool has_length = seen_[1];
    const bool has_coding = seen_[2];
    if (!seen_[0] && minor_ == 1) return refuse("there is no Host");
    if (has_length && has_coding) return refuse("both Content-Length and Transfer-Encoding");
    if (has_coding && minor_ == 0) return refuse("Transfer-Encoding in HTTP/1.0");
    return std::nullopt;
  }

 private:
  std::optional<head_fault> version(std::string_view text) {
    if (text == "HTTP/1.1" || text == "HTTP/1.0") {
      minor_ = text.back() - '0';
      return std::nullopt;
    }
    if (text.size() == 8 && text.starts_with("HTTP/") && text[6] == '.') {
      return head_fault{505, "the version is neither HTTP/1.1 nor HTTP/1.0"};
    }
    return refuse("the request line does not end with an HTTP version");
  }

  static std::optional<head_fault> target(std::string_view text) {
    if (!text.starts_with('/')) return refuse("the target is not an absolute path");
    const bool clean = std::all_of(text.begin(), text.end(), [](char c) {
      return c > ' ' && c < 0x7F &&
             std::string_view("\"#<>\\^`{|}").find(c) == std::string_view::npos;
    });
    if (!clean) return refuse("the target holds a character that must be escaped");
    return std::nullopt;
  }

  std::optional<head_fault> value(std::string_view name, std::string_view text) {
    for (std::size_t i = 0; i < singles.size(); ++i) {
      if (!same(name, singles[i])) continue;
      if (seen_[i]) return refuse("more than one " + std::string(singles[i]));
      seen_[i] = true;
      if (i == 0) return host(text);
      if (i == 1) return length(text);
      if (i == 2 && !same(text, "chunked")) return refuse("Transfer-Encoding is not \"chunked\"");
    }
    return std::nullopt;
  }

  static std::optional<head_fault> host(std::string_view text) {
    const bool clean = std::all_of(text.begin(), text.end(), [](char c) {
      const char l = lower(c);
      return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') ||
             std::string_view("-._~%:[]").find(c) != std::string_view::npos;
    });
    return clean ? std::nullopt : std::optional(refuse("Host is not a host and port"));
  }

  static std::optional<head_fault> length(std::string_view text) {
    const bool digits = !text.empty() && std::all_of(text.begin(), text.end(),
                                                     [](char c) { return c >= '0' && c <= '9'; });
    if (!digits) return refuse("Content-Length is not a number");
    if (text.size() > 18) return head_fault{413, "the body is too large"};
    return std::nullopt;
  }

  int minor_ = 1;
  std::array<bool, singles.size()> seen_{};
};

}  // namespace

std::optional<head_fault> head_scanner::scan(std::string_view bytes) {
  for (; seen_ < bytes.size() && size_ == 0; ++seen_) {
    const char c = bytes[seen_];
    if (seen_ >= limits_.bytes) {
      return lines_ == 0 ? head_fault{414, "the request target is too long"}
                         : head_fault{431, "the header is larger than " +
                                               std::to_string(limits_.bytes) + " bytes"};
    }
    const bool after_cr = seen_ > 0 && bytes[seen_ - 1] == '\r';
    if ((c == '\n') != after_cr) return refuse("a line does not end with CR LF");
    if (c == '\n') {
      if (auto fault = line_end()) return fault;
    } else if ((c < ' ' && c >= 0 && c != '\t' && c != '\r') || c == 0x7F) {
      return refuse("the header holds a control character");
    }
  }
  return std::nullopt;
}

std::optional<head_fault> head_scanner::line_end() {
  const bool empty = seen_ == line_ + 1;
  line_ = seen_ + 1;
  if (empty && lines_ == 0) return refuse("the request line is empty");
  if (empty) {
    size_ = line_;
  } else if (++lines_ > limits_.fields + 1) {
    return head_fault{431, "more than " + std::to_string(limits_.fields) + " header fields"};
  }
  return std::nullopt;
}

std::optional<head_fault> check_head(std::string_view head) {
  head_check check;
  bool first = true;
  while (!head.empty()) {
    const auto end = head.find("\r\n");
    const std::string_view line = head.substr(0, end);
    if (end == head.npos || line.empty()) break;
    auto fault = first ? check.request_line(line) : check.field(line);
    if (fault) return fault;
    first = false;
    head.remove_prefix(end + 2);
  }
  return check.together();
}

}  // namespace aurora::wire
