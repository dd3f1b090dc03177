#include <algorithm>

#include <re2/re2.h>
#include <boost/system/errc.hpp>

#include "reactor/readiness/notify_socket.hpp"

namespace aurora::reactor {

namespace {
constexpr std::size_t most_line = 64 * 1024;
}

struct line_matcher::impl {
  explicit impl(const std::string& text) : pattern(text, re2::RE2::Quiet) {}

  re2::RE2 pattern;
  std::string begun;  ///< the line whose end has not come yet, up to `most_line` bytes of it
  bool matched = false;

  void keep(std::string_view bytes) {
    begun.append(bytes.substr(0, std::min(bytes.size(), most_line - begun.size())));
  }

  bool matches(std::string_view line) const {
    if (line.ends_with('\r')) line.remove_suffix(1);
    line = line.substr(0, most_line);
    return re2::RE2::PartialMatch(re2::StringPiece(line.data(), line.size()), pattern);
  }

  /// One whole line, of which `begun` is the first part.
  bool end_line(std::string_view rest) {
    if (begun.empty()) return matches(rest);
    keep(rest);
    const bool found = matches(begun);
    begun.clear();
    return found;
  }
};

line_matcher::line_matcher(std::unique_ptr<impl> made) : impl_(std::move(made)) {}
line_matcher::~line_matcher() = default;

boost::system::result<std::unique_ptr<line_matcher>> line_matcher::make(
    const std::string& pattern) {
  auto made = std::make_unique<impl>(pattern);
  if (!made->pattern.ok()) return make_error_code(boost::system::errc::invalid_argument);
  return std::unique_ptr<line_matcher>(new line_matcher(std::move(made)));
}

bool line_matcher::feed(std::string_view bytes) {
  while (!impl_->matched) {
    const auto end = bytes.find('\n');
    if (end == bytes.npos) {
      impl_->keep(bytes);
      return false;
    }
    impl_->matched = impl_->end_line(bytes.substr(0, end));
    bytes.remove_prefix(end + 1);
    if (impl_->matched) {
      impl_->begun = {};
      return true;
    }
  }
  return false;
}

}  // namespace aurora::reactor
