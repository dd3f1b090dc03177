#include <limits>
#include <optional>
#include <set>

#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/websocket/stream.hpp>

#include "server/data_feed.hpp"
#include "server/log_pump.hpp"
#include "server/session.hpp"
#include "server/wake_up.hpp"
#include "wire/requests.hpp"
#include "wire/stream.hpp"

namespace aurora::server {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace experimental = boost::asio::experimental;
namespace websocket = beast::websocket;
using asio::awaitable;
using boost::system::error_code;
using reactor::tok;

constexpr std::size_t entries_at_once = 256;
constexpr std::size_t most_notes = 64;  // answers to a client that sends and does not read
constexpr auto not_signed_in = static_cast<websocket::close_code>(4401);

/// One client of `/api/v1/stream`. Two tasks: one reads what the client asks, one writes what there
/// is. Events and states are not queued but read when they can be written: events from the journal
/// by number, states of the instances that changed as they are by then. Only log lines wait in a
/// queue, which is bounded.
class stream_client : public follower {
 public:
  stream_client(byte_stream socket, shared_state& with, std::optional<std::uint64_t> since,
                stream_entry entry)
      : with_(with),
        entry_(std::move(entry)),
        since_(since.value_or(std::numeric_limits<std::uint64_t>::max())),
        ws_(std::move(socket)),
        wake_(ws_.get_executor()),
        stall_(ws_.get_executor()),
        data_(with.answers, wake_),
        logs_(with.answers, with.workers, with.options.history, with.options.queue,
              {wire::log_message, wire::dropped_message, wire::missing_message}, wake_) {
    with_.events.add(*this);
  }
  ~stream_client() override { with_.events.remove(*this); }
  stream_client(const stream_client&) = delete;
  stream_client& operator=(const stream_client&) = delete;

  awaitable<void> run(const beast::http::request<beast::http::string_body>& request,
                      const beast::flat_buffer& early) {
    set_options();
    auto [ec] = co_await accept(request, early);
    if (ec) co_return;
    auto race = experimental::make_parallel_group(
        asio::co_spawn(ws_.get_executor(), read_messages(), asio::deferred),
        asio::co_spawn(ws_.get_executor(), write_messages(), asio::deferred));
    co_await race.async_wait(experimental::wait_for_one(), asio::use_awaitable);
  }

  void on_entry(const journal_entry& entry) override {
    changed_.insert(entry.instance);
    wake_.set();
  }
  bool wants_probe(const std::string& instance) const override {
    return data_.wants_probe(instance);
  }
  void on_probe(const shared_text& message) override { data_.on_probe(message); }
  void on_usage(const shared_text& message) override { data_.on_usage(message); }
  void on_stop() override { end(websocket::close_code::going_away); }

 private:
  void set_options() {
    const auto& how = with_.options;
    websocket::stream_base::timeout limits{};
    limits.handshake_timeout = std::chrono::ceil<std::chrono::milliseconds>(how.header_time);
    limits.idle_timeout = std::chrono::ceil<std::chrono::milliseconds>(how.quiet);
    limits.keep_alive_pings = true;
    beast::get_lowest_layer(ws_).expires_never();
    ws_.set_option(limits);
    ws_.read_message_max(how.message);
    ws_.auto_fragment(false);
    ws_.text(true);
    ws_.control_callback([this](websocket::frame_type, beast::string_view) { count_control(); });
  }

  /// What came behind the request already belongs to the WebSocket.
  awaitable<std::tuple<error_code>> accept(
      const beast::http::request<beast::http::string_body>& request,
      const beast::flat_buffer& early) {
    if (early.size() > 0) {
      // Beast takes early bytes only with a request it parses itself; ours is parsed. A client has
      // nothing to say before it has seen the 101.
      co_return std::tuple<error_code>(websocket::error::bad_http_version);
    }
    co_return co_await ws_.async_accept(request, tok);
  }

  /// A flood of pings is answered by ending: each would cost a pong.
  void count_control() {
    const auto now = std::chrono::steady_clock::now();
    if (now - control_from_ >= std::chrono::seconds(1)) {
      control_from_ = now;
      controls_ = 0;
    }
    if (++controls_ > with_.options.control_frames) end(websocket::close_code::policy_error);
  }

  void end(websocket::close_code why) {
    if (!goodbye_) goodbye_ = why;
    wake_.set();
  }

  /// While the reader goes on, which sees the client's own close: a read that is cancelled fails
  /// the whole stream.
  awaitable<void> say_goodbye() {
    const websocket::close_reason reason(*goodbye_);
    co_await ws_.async_close(reason, tok);  // bounded by the handshake limit
  }

  awaitable<void> read_messages() {
    beast::flat_buffer buffer;
    for (;;) {
      auto [ec, size] = co_await ws_.async_read(buffer, tok);
      if (ec) co_return;
      obey({static_cast<const char*>(buffer.data().data()), buffer.size()});
      buffer.consume(buffer.size());
      if (notes_.size() > most_notes) end(websocket::close_code::policy_error);
    }
  }

  void obey(std::string_view message) {
    if (goodbye_) return;
    const auto request = wire::parse_stream_request(message);
    const bool signs_in = request && request->what == wire::stream_request::kind::authenticate;
    if (signs_in) return sign_in(request->token);
    if (!entry_.who) return end(not_signed_in);
    if (!request) return note(wire::error_message(request.error()));
    if (request->what == wire::stream_request::kind::unsubscribe) {
      unsubscribe(*request);
    } else {
      subscribe(*request);
    }
  }

  void unsubscribe(const wire::stream_request& request) {
    if (request.of_logs) logs_.remove(request.logs);
    if (request.probes) data_.forget_probes(*request.probes);
    if (request.usage) data_.forget_usage();
  }

  void subscribe(const wire::stream_request& request) {
    batches_ = batches_ || request.batch;
    wire::subscription got;
    if (request.of_logs) {
      log_pump::wanted what;
      what.names = request.logs;
      what.lines = request.lines;
      what.after = request.after;
      what.live = true;
      auto added = logs_.add(what);
      if (!added) return note(wire::error_message(added.error()));
      got.logs = std::move(added->instances);
      got.unknown = std::move(added->unknown);
    }
    if (request.probes) {
      auto added = data_.watch_probes(*request.probes);
      got.probes = std::move(added.instances);
      got.unknown.insert(got.unknown.end(), added.unknown.begin(), added.unknown.end());
    }
    got.usage = request.usage;
    if (request.usage) data_.watch_usage();
    note(wire::subscribed_message(got));
  }

  /// Who came with credentials may show others; wrong ones end it.
  void sign_in(std::string_view token) {
    if (!needs_token_) return note(wire::authenticated_message(entry_.who->may));
    entry_.who = entry_.door.who(token);
    if (!entry_.who) return end(not_signed_in);
    note(wire::authenticated_message(entry_.who->may));
  }

  /// Until the first message told who it is, or the time for it has run out.
  awaitable<void> wait_for_sign_in() {
    asio::steady_timer limit(ws_.get_executor(),
                             std::chrono::ceil<std::chrono::milliseconds>(with_.options.sign_in));
    auto race = experimental::make_parallel_group(
        asio::co_spawn(ws_.get_executor(), until_signed_in(), asio::deferred),
        [&](auto token) { return limit.async_wait(std::move(token)); });
    co_await race.async_wait(experimental::wait_for_one(), asio::use_awaitable);
    if (!entry_.who) end(not_signed_in);
  }

  awaitable<void> until_signed_in() {
    while (!entry_.who && !goodbye_) co_await wake_.wait();
  }

  void note(std::string message) {
    notes_.push_back(std::move(message));
    wake_.set();
  }

  awaitable<void> write_messages() {
    if (!entry_.who) co_await wait_for_sign_in();
    if (entry_.who && !entry_.join()) end(websocket::close_code::try_again_later);
    if (!goodbye_) co_await write_all_there_is();
    if (goodbye_) co_await say_goodbye();
  }

  /// A session that is over is not told any more.
  bool may_go_on() {
    if (!goodbye_ && doorway::is_over(*entry_.who)) end(not_signed_in);
    return !goodbye_;
  }

  awaitable<void> write_all_there_is() {
    const auto known = with_.events.last_sequence();
    std::string snapshot = wire::snapshot_message(known, with_.answers.status());
    since_ = std::min(since_, known);
    changed_.clear();
    auto notes = take_notes();
    bool sent = co_await send_all(std::move(notes));
    if (sent) sent = co_await send(std::move(snapshot));
    while (sent && may_go_on()) {
      if (!news_waiting()) {
        auto lines = co_await logs_.next();
        if (lines.empty()) {
          co_await wake_.wait();
        } else {
          sent = co_await send_lines(std::move(lines));
        }
      } else {
        sent = co_await send_news();
      }
    }
  }

  bool news_waiting() const {
    return !notes_.empty() || !changed_.empty() || !data_.empty() || events_waiting();
  }
  bool events_waiting() const { return since_ < with_.events.last_sequence(); }

  std::vector<std::string> take_notes() { return std::exchange(notes_, {}); }

  /// Answers first, then events, then the states they led to, then what was measured.
  awaitable<bool> send_news() {
    std::vector<std::string> news = take_notes();
    add_events(news);
    // States are those of now: behind all events, or else with the next of them.
    if (!events_waiting()) add_states(news);
    while (!data_.empty()) news.push_back(data_.next());
    return send_all(std::move(news));
  }

  void add_events(std::vector<std::string>& news) {
    if (!events_waiting()) return;
    const auto entries = with_.answers.events(since_, entries_at_once);
    for (const auto& entry : entries) news.push_back(wire::event_message(entry));
    // What the journal has forgotten meanwhile is not waited for.
    since_ = entries.empty() ? with_.events.last_sequence() : entries.back().sequence;
  }

  void add_states(std::vector<std::string>& news) {
    for (const auto& name : std::exchange(changed_, {})) {
      const auto found = with_.answers.services(std::vector<std::string>(1, name));
      if (!found) news.push_back(wire::removed_message(name));
      if (!found) continue;
      for (const auto& service : *found) news.push_back(wire::status_message(service));
    }
  }

  /// As one message for who asked for that.
  awaitable<bool> send_all(std::vector<std::string> messages) {
    if (batches_ && messages.size() > 1) {
      std::string together = wire::batch_message(messages);
      co_return co_await send(std::move(together));
    }
    for (auto& each : messages) {
      if (!co_await send(std::move(each))) co_return false;
    }
    co_return true;
  }

  /// News that came meanwhile go before the rest of the lines.
  awaitable<bool> send_lines(std::vector<std::string> lines) {
    if (batches_) co_return co_await send_all(std::move(lines));
    for (auto& line : lines) {
      if (!co_await send(std::move(line))) co_return false;
      if (goodbye_) co_return false;
      if (news_waiting() && !co_await send_news()) co_return false;
    }
    co_return true;
  }

  /// One message, within the stall limit; a client that does not take it is cut off.
  awaitable<bool> send(std::string message) {
    const auto bytes = asio::buffer(message);
    stall_.expires_after(std::chrono::ceil<std::chrono::milliseconds>(with_.options.write_stall));
    auto race = experimental::make_parallel_group(
        [&](auto token) { return ws_.async_write(bytes, std::move(token)); },
        [&](auto token) { return stall_.async_wait(std::move(token)); });
    auto [order, ec, size, late] =
        co_await race.async_wait(experimental::wait_for_one(), asio::use_awaitable);
    if (order[0] == 1) beast::get_lowest_layer(ws_).close();
    co_return order[0] == 0 && !ec;
  }

  shared_state& with_;
  stream_entry entry_;
  bool needs_token_ = !entry_.who;
  std::uint64_t since_;                       ///< the last event sent
  websocket::stream<byte_stream, false> ws_;  ///< false: never compressed
  wake_up wake_;
  asio::steady_timer stall_;
  std::set<std::string> changed_;
  std::vector<std::string> notes_;
  std::optional<websocket::close_code> goodbye_;
  std::chrono::steady_clock::time_point control_from_{};
  unsigned controls_ = 0;
  bool batches_ = false;  ///< what waits together is one message
  data_feed data_;
  log_pump logs_;
};

}  // namespace

awaitable<void> serve_web_socket(connection& from, shared_state& with,
                                 std::optional<std::uint64_t> since, stream_entry entry) {
  stream_client client(std::move(from.stream()), with, since, std::move(entry));
  co_await client.run(from.request(), from.buffer());
}

}  // namespace aurora::server
