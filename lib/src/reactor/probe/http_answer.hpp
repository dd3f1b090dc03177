#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>

#include "reactor/probe/prober.hpp"
#include "reactor/probe/url.hpp"

namespace re2 {
class RE2;
}

namespace aurora::reactor {

/// The bytes that ask. What the request says itself (Host, User-Agent, Accept) is not said twice.
/// The fault: a method or a header that could not be sent as it is written.
boost::system::result<std::string, address_fault> write_request(const http_request& asked,
                                                                const http_url& url);

/// Reads one HTTP/1.x answer, bytes in, decision out, without a socket: it is fed until it is
/// decided. Keeps no header but the few that are told; reads the body only where it is asked for,
/// up to `most_body`, and does not decompress. Informational answers before the real one are
/// skipped, a few of them.
class http_answer {
 public:
  static constexpr std::size_t most_body = 64 * 1024;
  static constexpr std::uint32_t most_header = 64 * 1024;
  static constexpr unsigned most_informational = 16;

  enum class part { header, body };

  /// `body`: it goes on until the body is in, not just the header.
  http_answer(part until, bool head_request);

  /// Where the next bytes go; valid until `received`.
  boost::asio::mutable_buffer space();
  /// True: decided, no more is needed.
  bool received(std::size_t bytes);
  /// The connection has ended.
  void ended();

  /// What is wrong with it; empty: nothing so far.
  const std::string& fault() const { return fault_; }
  bool header_done() const { return parser_ && parser_->header_done; }
  int status() const { return parser_->status; }
  /// The Location of a redirect.
  const std::string& location() const { return parser_->location; }
  const std::string& body() const { return parser_->body; }

 private:
  /// Beast's parser with nothing stored that nobody asks for.
  struct parser final : boost::beast::http::basic_parser<false> {
    parser();  // not implicit: clang 14 would not let the optional below make one
    using error_code = boost::beast::error_code;
    using string_view = boost::beast::string_view;

    void on_request_impl(boost::beast::http::verb, string_view, string_view, int,
                         error_code&) override {}
    void on_response_impl(int code, string_view, int version, error_code&) override;
    void on_field_impl(boost::beast::http::field name, string_view, string_view value,
                       error_code&) override;
    void on_header_impl(error_code&) override { header_done = true; }
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    std::size_t on_body_impl(string_view bytes, error_code&) override;
    void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, string_view bytes, error_code& ec) override {
      return on_body_impl(bytes, ec);
    }
    void on_finish_impl(error_code&) override {}

    int status = 0;
    int version = 0;
    bool header_done = false;
    std::string location, body;
  };

  void begin();
  bool parse();
  bool fail(std::string why);
  bool decided() const;
  bool looks_like_http(std::size_t from);

  part until_;
  bool head_request_;
  std::optional<parser> parser_;
  std::vector<char> buffer_;
  std::size_t used_ = 0;  ///< bytes of the buffer that are not parsed yet
  unsigned informational_ = 0;
  std::string fault_;
};

/// Healthy or not, and the words for it: status first, then the body. `pattern` may be null.
probe_outcome judge(const http_answer& answer, const http_request& asked, const http_url& url,
                    const re2::RE2* pattern);

}  // namespace aurora::reactor
