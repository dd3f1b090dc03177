#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <condition_variable>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace aurora::test {

/// A daemon that says what it is told to: scripted answers on a Unix socket, in a thread of its
/// own.
class fake_server {
 public:
  struct answer {
    enum class way { whole, never, cut };  ///< cut: closes in the middle of the body
    unsigned status = 200;
    std::string body;
    std::string type = "application/json";
    way how = way::whole;
  };
  using script = std::function<answer(const std::string& target, const std::string& body)>;

  explicit fake_server(const std::string& socket);
  ~fake_server();
  fake_server(const fake_server&) = delete;
  fake_server& operator=(const fake_server&) = delete;

  /// route: "GET /api/v1/status", without the query.
  void on(const std::string& route, script what);
  void on(const std::string& route, answer what);
  void on(const std::string& route, std::string body);

  /// The first messages of each WebSocket that is opened.
  void greet(std::vector<std::string> messages);
  /// What the next subscriptions are answered with.
  void answer_subscriptions(std::string message);
  /// To every WebSocket that is open.
  void push(const std::string& message);
  /// Closes every WebSocket.
  void drop();

  /// Waits until a request or message that contains `text` has come; false: none in 20 s.
  bool wait_for(const std::string& text);
  std::vector<std::string> requests();

 private:
  struct web_socket;
  boost::asio::awaitable<void> accept();
  boost::asio::awaitable<void> serve(boost::asio::local::stream_protocol::socket socket);
  boost::asio::awaitable<void> talk(std::shared_ptr<web_socket> peer);
  boost::asio::awaitable<void> write(std::shared_ptr<web_socket> peer);
  answer find(const std::string& method, const std::string& target, const std::string& body);
  void note(std::string text);

  boost::asio::io_context loop_{1};
  boost::asio::local::stream_protocol::acceptor acceptor_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, script> scripts_;
  std::vector<std::string> greeting_, requests_;
  std::string subscribed_ = R"({"type":"subscribed","logs":[]})";
  std::list<std::shared_ptr<web_socket>> open_;
  std::thread thread_;
};

/// A status answer for `services`, each a JSON object.
std::string status_json(const std::vector<std::string>& services);
/// {"name": …}, running and healthy but for what `more` (", \"state\": …") says after it.
std::string service_json(const std::string& name, const std::string& state = "running",
                         const std::string& more = "");
std::string status_message(const std::string& service);  ///< that it changed
std::string snapshot_json(const std::string& status, int sequence = 0);
std::string log_json(const std::string& name, int offset, const std::string& text,
                     const std::string& at = "2026-11-23T12:00:00.000Z");

}  // namespace aurora::test
