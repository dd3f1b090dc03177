#include <fmt/format.h>

#include <charconv>

#include "describe.hpp"
#include "event_text.hpp"
#include "follower.hpp"
#include "handlers.hpp"
#include "text.hpp"
#include "units.hpp"

namespace aurora::ctl {
namespace {

constexpr std::size_t journal_keeps = 10'000;

void print(terminal& out, const json::value& entry, bool as_json, wall_time now) {
  out.line(as_json ? to_text(entry) : event_line(out, read_event(entry), now));
}

class event_follower : public follower {
 public:
  event_follower(context& c, endpoint where, std::size_t last)
      : follower(c, std::move(where), {}), last_(last) {}

  void on_raw_event(const json::value& entry) override {
    pending_.push_back(entry);
    wake();
  }

 protected:
  asio::awaitable<void> catch_up(client& api) override {
    std::string target = fmt::format("/api/v1/events?last={}", last_);
    if (began_) target = fmt::format("/api/v1/events?since={}&limit={}", seen_, journal_keeps);
    const auto answer = co_await api.get_json(target);
    began_ = true;
    for (const auto& entry : list_of(answer, "events")) show(entry);
  }
  void on_snapshot(std::uint64_t sequence, const status_view& status) override {
    if (sequence < seen_) seen_ = 0;  // another journal: the daemon began anew
    if (!began_ && last_ == 0) seen_ = sequence;
    follower::on_snapshot(sequence, status);
  }
  void show_pending() override {
    for (const auto& entry : std::exchange(pending_, {})) show(entry);
  }

 private:
  void show(const json::value& entry) {
    const auto sequence = read_event(entry).sequence;
    if (sequence <= seen_) return;
    seen_ = sequence;
    print(c_.out, entry, c_.given.json, wall_now());
  }
  std::size_t last_;
  std::uint64_t seen_ = 0;
  bool began_ = false;
  std::vector<json::value> pending_;
};

asio::awaitable<int> show_last(context& c, endpoint where, std::size_t last) {
  client api(c.io.get_executor(), std::move(where));
  const auto answer = co_await api.get_json(fmt::format("/api/v1/events?last={}", last));
  if (c.given.json) {
    c.out.line(to_text(answer));
    co_return 0;
  }
  for (const auto& entry : list_of(answer, "events")) print(c.out, entry, false, wall_now());
  co_return 0;
}

}  // namespace

std::size_t count_from(const invocation& given, std::size_t otherwise, std::size_t most) {
  const auto text = given.value("lines");
  if (!text) return otherwise;
  if (*text == "all") return most;
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error == std::errc() && end == text->data() + text->size() && !text->empty()) {
    return std::min(value, most);
  }
  throw failure(exit_code::usage, "-n \"" + *text + "\" is no number of lines",
                "try \"-n 20\" or \"-n all\"");
}

std::string event_line(const terminal& out, const event_view& e, wall_time now) {
  const std::string when = e.at ? local_clock(*e.at, now) : std::string(12, ' ');
  std::string what;
  if (e.from == e.to) {
    what = shown_state(out, e.to) + (e.health.empty() || e.health == "none" ? "" : " " + e.health);
  } else {
    what = fmt::format("{} {} {}", e.from, out.arrow(), shown_state(out, e.to));
  }
  std::string line = out.paint(colour::dim, when) + "  " +
                     paint_name(out, e.instance, neutralise(e.instance, sgr::strip)) + "  " + what +
                     "  " + reason_in_words(e.reason);
  if (const auto more = evidence_in_words(e); !more.empty()) {
    line += ": " + neutralise(more, sgr::strip);
  }
  if (e.pid) line += out.paint(colour::dim, fmt::format("  pid {}", *e.pid));
  return line;
}

int verb_events(context& c) {
  const endpoint where = find_endpoint(c.given);
  const std::size_t last = count_from(c.given, 50, journal_keeps);
  if (!c.given.has("follow")) return run_on(c.io, show_last(c, where, last));
  event_follower following(c, where, last);
  return run_on(c.io, following.follow());
}

}  // namespace aurora::ctl
