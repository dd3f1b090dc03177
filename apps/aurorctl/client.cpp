#include "client.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

#include "connect.hpp"
#include "failure.hpp"
#include "units.hpp"

namespace aurora::ctl {
namespace {

namespace http = beast::http;
constexpr auto token = asio::as_tuple(asio::use_awaitable);

/// Far above any honest answer, so that a broken peer cannot fill the memory.
constexpr std::uint64_t largest_answer = 256ULL << 20U;

exit_code code_of(unsigned status, std::string_view type) {
  if (type.find("no-such-service") != std::string_view::npos) return exit_code::no_such_service;
  if (type.find("invalid-configuration") != std::string_view::npos) {
    return exit_code::invalid_configuration;
  }
  if (type.find("usage") != std::string_view::npos) return exit_code::usage;
  return status == 401 || status == 403 ? exit_code::not_permitted : exit_code::failed;
}

}  // namespace

struct client::connection {
  explicit connection(asio::any_io_executor executor) : stream(std::move(executor)) {
    buffer.reserve(64 * 1024);  // Beast reads as much as has room, 512 bytes where nothing has
  }
  byte_stream stream;
  beast::flat_buffer buffer;
  bool used = false;
};

client::client(asio::any_io_executor executor, endpoint where)
    : executor_(std::move(executor)), where_(std::move(where)) {}

client::~client() = default;

asio::awaitable<void> client::connect(duration patience) {
  connection_ = std::make_unique<connection>(executor_);
  connection_->stream.expires_after(patience);
  const auto ec = co_await connect_to(connection_->stream, where_);
  if (!ec) co_return;
  connection_.reset();
  throw unreachable(where_, ec);
}

asio::awaitable<reply> client::exchange(bool post, std::string target, std::string body,
                                        std::string accept, duration patience) {
  // What waits for work to be done has a patience of its own, longer than --timeout by its slack.
  if (where_.patience && patience == answer_limit) patience = std::min(patience, *where_.patience);
  http::request<http::string_body> request(post ? http::verb::post : http::verb::get, target, 11);
  request.set(http::field::host, where_.authority());
  request.set(http::field::accept, accept);
  if (!where_.token.empty()) request.set(http::field::authorization, "Bearer " + where_.token);
  if (post) {
    request.set(http::field::content_type, "application/json");
    request.body() = std::move(body);
    request.prepare_payload();
  }
  for (;;) {
    if (!connection_) co_await connect(std::min(patience, answer_limit));
    const bool was_used = connection_->used;
    auto& stream = connection_->stream;
    stream.expires_after(patience);
    auto [write_error, written] = co_await http::async_write(stream, request, token);
    http::response_parser<http::string_body> parser;
    parser.body_limit(largest_answer);
    boost::system::error_code ec = write_error;
    if (!ec) {
      auto [read_error, got] =
          co_await http::async_read(stream, connection_->buffer, parser, token);
      ec = read_error;
    }
    if (ec) {
      connection_.reset();
      // A kept connection that the daemon had closed meanwhile: the request was not looked at.
      const bool stale =
          was_used && !parser.got_some() && (ec == http::error::end_of_stream || write_error);
      if (stale) continue;
      throw unreachable(where_, ec);
    }
    connection_->used = true;
    auto message = parser.release();
    reply answer;
    answer.status = message.result_int();
    answer.content_type = std::string(message[http::field::content_type]);
    answer.body = std::move(message.body());
    if (!message.keep_alive()) connection_.reset();
    co_return answer;
  }
}

asio::awaitable<reply> client::get(std::string target, std::string accept, duration patience) {
  return exchange(false, std::move(target), {}, std::move(accept), patience);
}

asio::awaitable<reply> client::post(std::string target, std::string body, duration patience) {
  return exchange(true, std::move(target), std::move(body), "application/json", patience);
}

asio::awaitable<json::value> client::get_json(std::string target, duration patience) {
  const reply answer = co_await get(std::move(target), "application/json", patience);
  if (answer.status / 100 != 2) throw refused(answer);
  co_return parse_answer(answer.body);
}

asio::awaitable<json::value> client::post_json(std::string target, std::string body,
                                               duration patience) {
  const reply answer = co_await post(std::move(target), std::move(body), patience);
  if (answer.status / 100 != 2) throw refused(answer);
  co_return parse_answer(answer.body);
}

failure refused(const reply& answer) {
  json::value body;
  try {
    body = parse_answer(answer.body);
  } catch (const failure&) {
    body = nullptr;
  }
  const std::string type = text_of(body, "type");
  std::string what = text_of(body, "title");
  if (what.empty()) what = "the daemon refused with HTTP status " + std::to_string(answer.status);
  if (const auto detail = text_of(body, "detail"); !detail.empty() && detail != what) {
    what += ": " + detail;
  }
  std::string hint = text_of(body, "hint");
  if (hint.empty() && answer.status == 404 && type.find("no-such-service") == std::string::npos) {
    hint = "the daemon may be older than this aurorctl: compare `aurorctl --version` and `status`";
  }
  if (type == "not-signed-in") {
    hint = "give a token with --token-file: that of the daemon is `token` in its state directory";
  }
  return {code_of(answer.status, type), std::move(what), std::move(hint), texts_of(body, "errors")};
}

std::string services_body(const std::vector<std::string>& names) {
  json::array list;
  for (const auto& name : names) list.emplace_back(name);
  json::object body;
  body["services"] = std::move(list);
  return json::serialize(body);
}

}  // namespace aurora::ctl
