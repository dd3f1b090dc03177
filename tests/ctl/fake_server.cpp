#include "fake_server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>

#include <fmt/format.h>

#include <deque>
#include <future>

namespace aurora::test {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using local = asio::local::stream_protocol;

namespace {

constexpr auto token = asio::as_tuple(asio::use_awaitable);
const auto rethrow = [](std::exception_ptr error) {
  if (error) std::rethrow_exception(error);
};

}  // namespace

struct fake_server::web_socket {
  explicit web_socket(local::socket socket)
      : stream(std::move(socket)), wake(stream.get_executor()) {
    wake.expires_at(asio::steady_timer::time_point::max());
  }
  beast::websocket::stream<local::socket, false> stream;
  asio::steady_timer wake;
  std::deque<std::string> queue;
  bool over = false;
};

fake_server::fake_server(const std::string& socket) : acceptor_(loop_, local::endpoint(socket)) {
  asio::co_spawn(loop_, accept(), rethrow);
  thread_ = std::thread([this] { loop_.run(); });
}

fake_server::~fake_server() {
  loop_.stop();
  thread_.join();
}

void fake_server::on(const std::string& route, script what) {
  const std::lock_guard lock(mutex_);
  scripts_[route] = std::move(what);
}

void fake_server::on(const std::string& route, answer what) {
  on(route, [what](const std::string&, const std::string&) { return what; });
}

void fake_server::on(const std::string& route, std::string body) {
  answer what;
  what.body = std::move(body);
  on(route, std::move(what));
}

void fake_server::greet(std::vector<std::string> messages) {
  const std::lock_guard lock(mutex_);
  greeting_ = std::move(messages);
}

void fake_server::answer_subscriptions(std::string message) {
  const std::lock_guard lock(mutex_);
  subscribed_ = std::move(message);
}

void fake_server::push(const std::string& message) {
  asio::post(loop_, [this, message] {
    for (auto& peer : open_) {
      peer->queue.push_back(message);
      peer->wake.cancel();
    }
  });
}

void fake_server::drop() {
  std::promise<void> done;
  asio::post(loop_, [this, &done] {
    for (auto& peer : open_) {
      peer->over = true;
      peer->stream.next_layer().close();
      peer->wake.cancel();
    }
    open_.clear();
    done.set_value();
  });
  done.get_future().wait();
}

bool fake_server::wait_for(const std::string& text) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(20), [&] {
    for (const auto& request : requests_) {
      if (request.find(text) != std::string::npos) return true;
    }
    return false;
  });
}

std::vector<std::string> fake_server::requests() {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void fake_server::note(std::string text) {
  const std::lock_guard lock(mutex_);
  requests_.push_back(std::move(text));
  changed_.notify_all();
}

fake_server::answer fake_server::find(const std::string& method, const std::string& target,
                                      const std::string& body) {
  script found;
  {
    const std::lock_guard lock(mutex_);
    const auto it = scripts_.find(method + " " + target.substr(0, target.find('?')));
    if (it != scripts_.end()) found = it->second;
  }
  if (found) return found(target, body);
  answer none;
  none.status = 404;
  none.type = "application/problem+json";
  none.body = R"({"type":"not-found","title":"there is no such path","status":404})";
  return none;
}

asio::awaitable<void> fake_server::accept() {
  for (;;) {
    auto [ec, socket] = co_await acceptor_.async_accept(token);
    if (ec) co_return;
    asio::co_spawn(loop_, serve(std::move(socket)), rethrow);
  }
}

asio::awaitable<void> fake_server::serve(local::socket socket) {
  beast::flat_buffer buffer;
  for (;;) {
    http::request<http::string_body> request;
    auto [ec, bytes] = co_await http::async_read(socket, buffer, request, token);
    if (ec) co_return;
    const std::string target(request.target());
    const std::string method(request.method_string());
    if (beast::websocket::is_upgrade(request)) {
      auto peer = std::make_shared<web_socket>(std::move(socket));
      auto [failed] = co_await peer->stream.async_accept(request, token);
      if (failed) co_return;
      note("WS " + target);
      co_await talk(std::move(peer));
      co_return;
    }
    const answer what = find(method, target, request.body());
    note(method + " " + target + " " + request.body());
    if (what.how == answer::way::never) {
      co_await http::async_read(socket, buffer, request, token);  // until the client gives up
      co_return;
    }
    http::response<http::string_body> response(static_cast<http::status>(what.status), 11);
    response.set(http::field::content_type, what.type);
    response.body() = what.body;
    response.prepare_payload();
    if (what.how == answer::way::cut) {
      const std::string half = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"daemon\"";
      co_await asio::async_write(socket, asio::buffer(half), token);
      co_return;
    }
    auto [failed, sent] = co_await http::async_write(socket, response, token);
    if (failed) co_return;
  }
}

asio::awaitable<void> fake_server::talk(std::shared_ptr<web_socket> peer) {
  {
    const std::lock_guard lock(mutex_);
    for (const auto& message : greeting_) peer->queue.push_back(message);
  }
  open_.push_back(peer);
  asio::co_spawn(loop_, write(peer), rethrow);
  beast::flat_buffer buffer;
  for (;;) {
    auto [ec, bytes] = co_await peer->stream.async_read(buffer, token);
    if (ec) break;
    const std::string text = beast::buffers_to_string(buffer.cdata());
    buffer.clear();
    if (text.find("subscribe") != std::string::npos) {
      const std::lock_guard lock(mutex_);
      peer->queue.push_back(subscribed_);
      peer->wake.cancel();
    }
    note("WS message " + text);
  }
  peer->over = true;
  peer->wake.cancel();
  open_.remove(peer);
}

asio::awaitable<void> fake_server::write(std::shared_ptr<web_socket> peer) {
  while (!peer->over) {
    if (peer->queue.empty()) {
      co_await peer->wake.async_wait(token);
      continue;
    }
    const std::string message = std::move(peer->queue.front());
    peer->queue.pop_front();
    auto [ec, bytes] = co_await peer->stream.async_write(asio::buffer(message), token);
    if (ec) co_return;
  }
}

std::string status_json(const std::vector<std::string>& services) {
  std::string list;
  for (const auto& s : services) list += (list.empty() ? "" : ",") + s;
  return R"({"daemon":{"pid":7,"keeper_pid":7,"version":"0.1.0","name":"demo",)"
         R"("started_at":"2026-11-23T12:00:00.000Z","uptime_seconds":5.2,"config":"/c","state_dir":"/s",)"
         R"("http":null},"services":[)" +
         list + "]}";
}

std::string service_json(const std::string& name, const std::string& state,
                         const std::string& more) {
  const bool up = state == "running";
  return fmt::format(
      R"({{"name":"{0}","service":"{0}","instance":1,"desired":"{4}","health":"{2}","pid":{3},)"
      R"("port":5001,"uptime_seconds":{5},"restarts":0,"next_start_in_seconds":null,"last_exit":null,)"
      R"("reason":"ready","depends_on":[],"cpu_percent":0.3,"memory_bytes":12345678,"state":"{1}"{6}}})",
      name, state, up ? "healthy" : "none", up ? "42" : "null", state == "stopped" ? "down" : "up",
      up ? "4.9" : "null", more);
}

std::string status_message(const std::string& service) {
  return R"({"type":"status","service":)" + service + "}";
}

std::string snapshot_json(const std::string& status, int sequence) {
  return fmt::format(R"({{"type":"snapshot","sequence":{},"status":{}}})", sequence, status);
}

std::string log_json(const std::string& name, int offset, const std::string& text,
                     const std::string& at) {
  return fmt::format(
      R"({{"type":"log","name":"{}","at":"{}","offset":{},"text":"{}","partial":false}})", name, at,
      offset, text);
}

}  // namespace aurora::test
