#include "reactor/probe/http_answer.hpp"

#include <algorithm>
#include <cctype>
#include <cstring>

#include <fmt/format.h>
#include <re2/re2.h>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>

#include <aurora/version.hpp>

#include "core/secrets.hpp"
#include "reactor/readiness/plain_text.hpp"

namespace aurora::reactor {

namespace http = boost::beast::http;

namespace {

constexpr std::size_t first_buffer = 4 * 1024;

bool is_token(std::string_view text) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](unsigned char c) {
    return std::isalnum(c) != 0 || marks.find(static_cast<char>(c)) != marks.npos;
  });
}

bool is_header_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return c == '\t' || (c >= 0x20 && c != 0x7F); });
}

address_fault fault(std::string text) {
  address_fault made;
  made.text = std::move(text);
  return made;
}

bool within(int status, const std::vector<status_range>& ranges) {
  if (ranges.empty()) return within(status, {status_range()});
  return std::any_of(ranges.begin(), ranges.end(), [&](const status_range& each) {
    return each.first <= status && status <= each.last;
  });
}

std::string to_text(const std::vector<status_range>& ranges) {
  if (ranges.empty()) return to_text({status_range()});
  std::string text;
  for (const auto& each : ranges) {
    if (!text.empty()) text += ", ";
    text += each.first == each.last ? fmt::format("{}", each.first)
                                    : fmt::format("{}-{}", each.first, each.last);
  }
  return text;
}

std::string begins_with(std::string_view bytes) { return one_line(bytes.substr(0, 40), 40); }

}  // namespace

boost::system::result<std::string, address_fault> write_request(const http_request& asked,
                                                                const http_url& url) {
  if (!is_token(asked.method)) return fault(fmt::format("'{}' is not a method", asked.method));
  std::string text;
  text.reserve(256);
  text.append(asked.method).append(" ").append(url.target).append(" HTTP/1.1\r\n");
  bool host = false, agent = false, accept = false, length = false;
  for (const auto& [name, value] : asked.headers) {
    if (!is_token(name)) return fault(fmt::format("'{}' is not the name of a header", name));
    if (!is_header_value(value))
      return fault(fmt::format("the value of header '{}' has control characters", name));
    const auto is = [&name = name](const char* known) {
      return boost::beast::iequals(name, known);
    };
    if (is("Connection")) continue;
    host = host || is("Host");
    agent = agent || is("User-Agent");
    accept = accept || is("Accept");
    length = length || is("Content-Length") || is("Transfer-Encoding");
    text.append(name).append(": ").append(value).append("\r\n");
  }
  if (!host) text.append("Host: ").append(url.host_header).append("\r\n");
  if (!agent) text.append("User-Agent: aurora/").append(version).append("\r\n");
  if (!accept) text.append("Accept: */*\r\n");
  const bool has_body = asked.method == "POST" || asked.method == "PUT" || asked.method == "PATCH";
  if (has_body && !length) text.append("Content-Length: 0\r\n");
  text.append("Connection: close\r\n\r\n");
  return {boost::system::in_place_value, std::move(text)};
}

http_answer::parser::parser() = default;

void http_answer::parser::on_response_impl(int code, string_view, int of, error_code&) {
  status = code;
  version = of;
}

void http_answer::parser::on_field_impl(http::field name, string_view, string_view value,
                                        error_code&) {
  if (name == http::field::location) location.assign(value.data(), value.size());
}

std::size_t http_answer::parser::on_body_impl(string_view bytes, error_code&) {
  const auto room = most_body - body.size();
  body.append(bytes.data(), std::min<std::size_t>(room, bytes.size()));
  return bytes.size();
}

http_answer::http_answer(part until, bool head_request)
    : until_(until), head_request_(head_request) {
  begin();
}

void http_answer::begin() {
  parser_.emplace();
  parser_->header_limit(most_header);
  parser_->body_limit(boost::none);
  parser_->eager(until_ == part::body);
  parser_->skip(head_request_);
}

boost::asio::mutable_buffer http_answer::space() {
  if (used_ == buffer_.size())
    buffer_.resize(std::max<std::size_t>(first_buffer, buffer_.size() * 2));
  return {buffer_.data() + used_, buffer_.size() - used_};
}

bool http_answer::fail(std::string why) {
  fault_ = std::move(why);
  return true;
}

bool http_answer::decided() const {
  if (!fault_.empty()) return true;
  if (!parser_->header_done) return false;
  return until_ == part::header || parser_->is_done() || parser_->body.size() == most_body;
}

/// Beast waits for the end of the header before it looks at its beginning, and something that is
/// not HTTP may never send one.
bool http_answer::looks_like_http(std::size_t from) {
  constexpr std::string_view version = "HTTP/1.";
  const std::string_view bytes(buffer_.data() + from, used_ - from);
  if (bytes.substr(0, version.size()) == version.substr(0, bytes.size())) return true;
  if (bytes.size() >= 2 && bytes[0] == 0x15 && bytes[1] == 0x03)
    fail("the server speaks TLS here; use https://");
  else if (bytes.size() >= 7 && bytes.starts_with("HTTP/"))
    fail(fmt::format("not an HTTP/1.x answer: '{}'", begins_with(bytes.substr(0, 8))));
  else
    fail(fmt::format("not an HTTP answer: '{}'", begins_with(bytes)));
  return false;
}

bool http_answer::received(std::size_t bytes) {
  used_ += bytes;
  while (parse()) {
    // An informational answer is over: the next one follows, perhaps in the same bytes.
    if (++informational_ > most_informational)
      return fail(fmt::format("more than {} informational answers", most_informational));
    begin();
  }
  if (fault_.empty() && used_ > 2 * most_header) fail("malformed HTTP answer: a line without end");
  return decided();
}

/// True: an informational answer was read to its end.
bool http_answer::parse() {
  std::size_t parsed = 0;
  while (parsed < used_ && !decided()) {
    if (parser_->status == 0 && !looks_like_http(parsed)) return false;
    boost::beast::error_code ec;
    const auto taken =
        parser_->put(boost::asio::buffer(buffer_.data() + parsed, used_ - parsed), ec);
    parsed += taken;
    const int status = parser_->status;
    if (parser_->header_done && status / 100 == 1 && status != 101) {
      std::memmove(buffer_.data(), buffer_.data() + parsed, used_ - parsed);
      used_ -= parsed;
      return true;
    }
    if (ec == http::error::need_more) break;
    if (ec) fail(fmt::format("malformed HTTP answer: {}", ec.message()));
    if (ec || taken == 0) break;
  }
  std::memmove(buffer_.data(), buffer_.data() + parsed, used_ - parsed);
  used_ -= parsed;
  return false;
}

void http_answer::ended() {
  if (decided()) return;
  if (!parser_->got_some() && used_ == 0) {
    fail("the connection was closed without an answer");
    return;
  }
  if (!parser_->header_done) {
    fail(fmt::format("the connection was closed within the header, after '{}'",
                     begins_with({buffer_.data(), used_})));
    return;
  }
  boost::beast::error_code ec;
  parser_->put_eof(ec);
  if (ec) fail(fmt::format("HTTP {}, but the connection was closed within the body", status()));
}

probe_outcome judge(const http_answer& answer, const http_request& asked, const http_url& url,
                    const re2::RE2* pattern) {
  probe_outcome outcome;
  if (!answer.fault().empty()) {
    outcome.text = answer.fault();
  } else if (!within(answer.status(), asked.status)) {
    // Tokens in a query are shown nowhere, and least of all in history.
    const core::masker secrets;
    outcome.text = fmt::format("HTTP {} from {}, expected {}", answer.status(),
                               secrets.text(url.target), to_text(asked.status));
    if (!answer.location().empty())
      outcome.text +=
          fmt::format(" (redirects are not followed: to {})", secrets.text(answer.location()));
  } else if (pattern != nullptr && !re2::RE2::PartialMatch(answer.body(), *pattern)) {
    outcome.text = fmt::format("HTTP {}, but the body does not match '{}'{}", answer.status(),
                               pattern->pattern(), answer.body().empty() ? ": it is empty" : "");
  } else {
    outcome.healthy = true;
    outcome.text = fmt::format("HTTP {}", answer.status());
  }
  return outcome;
}

}  // namespace aurora::reactor
