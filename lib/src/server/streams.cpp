#include <boost/asio/this_coro.hpp>

#include "server/log_pump.hpp"
#include "server/session.hpp"
#include "server/wake_up.hpp"
#include "wire/stream.hpp"
#include "wire/times.hpp"

namespace aurora::server {
namespace {

using boost::asio::awaitable;

constexpr std::size_t entries_at_once = 256;
constexpr std::uint64_t most_lines = 100'000;
constexpr std::uint64_t default_lines = 100;

/// Registered with the publisher while it lives; wakes on every entry.
class waker : public follower {
 public:
  waker(const boost::asio::any_io_executor& executor, shared_state& with)
      : wake(executor), with_(with) {
    with_.events.add(*this);
  }
  ~waker() override { with_.events.remove(*this); }
  waker(const waker&) = delete;
  waker& operator=(const waker&) = delete;

  void on_entry(const journal_entry&) override {
    if (entries_matter) wake.set();
  }
  void on_stop() override { wake.set(); }

  wake_up wake;
  bool entries_matter = true;

 private:
  shared_state& with_;
};

std::string raw_line(const wire::log_line& line) {
  return line.partial ? line.text : line.text + "\n";
}

std::string raw_dropped(std::uint64_t lines) {
  return "[aurora] " + std::to_string(lines) + " lines dropped: the reader is too slow\n";
}

struct log_query {
  log_pump::wanted what;
  bool ndjson = false;
  bool download = false;
};

answer<std::optional<wall_time>> since_of(const wire::query& query) {
  if (!query.has("since")) return std::optional<wall_time>();
  const auto since = wire::parse_since(query.text("since"));
  if (!since) {
    return wire::bad_request(
        "the query parameter \"since\" is not right",
        "\"" + std::string(query.text("since")) + "\" is neither a time nor a duration",
        "try \"10m\" or \"2026-11-23T12:00:00Z\"");
  }
  if (const auto* at = std::get_if<wall_time>(&*since)) return std::optional<wall_time>(*at);
  return std::optional<wall_time>(std::chrono::floor<std::chrono::milliseconds>(
      std::chrono::system_clock::now() - std::get<duration>(*since)));
}

answer<log_query> read_query(const api_call& call, std::string_view accept) {
  const auto since = since_of(call.query);
  if (!since) return since.error();
  // Everything since then, where no number is said.
  const auto lines = call.query.number("lines", *since ? most_lines : default_lines, most_lines);
  if (!lines) return lines.error();
  const auto follow = call.query.flag("follow");
  if (!follow) return follow.error();
  const auto download = call.query.flag("download");
  if (!download) return download.error();
  log_query out;
  out.download = *download;
  out.what.names.push_back(call.name);
  out.what.lines = static_cast<std::size_t>(*lines);
  out.what.since = *since;
  out.what.live = *follow;
  out.ndjson = accept.find("application/x-ndjson") != accept.npos;
  if (!out.download) return out;
  for (const char* other : {"lines", "since", "follow"})
    if (call.query.has(other))
      return wire::bad_request(
          "\"download\" goes with no other query parameter",
          "it is the whole log, and \"" + std::string(other) + "\" is given too");
  out.what.lines.reset();
  return out;
}

log_pump::format format_of(const log_query& query) {
  if (query.ndjson) return {wire::log_ndjson, wire::dropped_ndjson};
  return {raw_line, raw_dropped};
}

awaitable<bool> pump_lines(connection& to, shared_state& with, log_pump& pump, waker& news,
                           bool live) {
  while (!with.stopping) {
    const auto pieces = co_await pump.next();
    if (pieces.empty() && !live) break;
    if (pieces.empty()) {
      co_await news.wake.wait();
      continue;
    }
    std::string bytes;
    for (const auto& piece : pieces) bytes += piece;
    const bool sent = co_await to.send_piece(bytes);
    if (!sent) co_return false;
  }
  co_await to.end_stream();
  co_return to.keeps_alive() && !live;
}

}  // namespace

awaitable<bool> stream_events(connection& to, shared_state& with, std::uint64_t since) {
  const auto executor = co_await boost::asio::this_coro::executor;
  waker news(executor, with);
  bool sent = co_await to.begin_stream("application/x-ndjson");
  while (sent && !with.stopping && !to.is_head()) {
    const auto entries = with.answers.events(since, entries_at_once);
    if (entries.empty()) {
      co_await news.wake.wait();
      continue;
    }
    std::string bytes;
    for (const auto& entry : entries) bytes += wire::event_line(entry);
    since = entries.back().sequence;
    sent = co_await to.send_piece(bytes);
  }
  if (sent && !to.is_head()) co_await to.end_stream();
  co_return false;
}

awaitable<bool> stream_log_lines(connection& to, shared_state& with, api_call call) {
  const auto accept = to.request()[boost::beast::http::field::accept];
  const auto query = read_query(call, {accept.data(), accept.size()});
  if (!query) co_return co_await to.send(problem_reply(query.error()));
  const auto executor = co_await boost::asio::this_coro::executor;
  waker news(executor, with);
  news.entries_matter = false;
  log_pump pump(with.answers, with.workers, with.options.history, with.options.queue,
                format_of(*query), news.wake);
  const auto name = query->what.names.front();
  auto what = query->what;
  if (to.is_head()) {
    what.lines = 0;
    what.live = false;
  }
  const auto added = pump.add(what);
  if (!added) co_return co_await to.send(problem_reply(added.error()));
  // Plain lines are the service's own bytes, whatever their encoding: no charset is promised.
  const char* type = query->ndjson ? "application/x-ndjson" : "text/plain";
  std::string disposition;
  if (query->download) disposition = "attachment; filename=\"" + name + ".log\"";
  const bool begun = co_await to.begin_stream(type, disposition);
  if (!begun || to.is_head()) co_return begun&& to.keeps_alive();
  co_return co_await pump_lines(to, with, pump, news, what.live);
}

}  // namespace aurora::server
