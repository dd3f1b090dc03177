#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>

#include "client.hpp"
#include "context.hpp"
#include "describe.hpp"
#include "feed.hpp"
#include "handlers.hpp"
#include "table.hpp"
#include "units.hpp"

namespace aurora::ctl {
namespace {

std::string optional_text(const auto& value, auto shape) {
  return value ? shape(*value) : std::string("-");
}

colour health_colour(std::string_view health) {
  if (health == "healthy") return colour::green;
  return health == "unhealthy" ? colour::red : colour::none;
}

std::vector<cell> row_of(const terminal& out, const service_view& s, const status_view& all) {
  const auto mark = mark_of(s.state);
  const std::string glyph(out.unicode() ? mark.glyph : mark.ascii);
  const auto number = [](auto n) { return fmt::format("{}", n); };
  return {{neutralise(s.name, sgr::strip)},
          {glyph + " " + s.state, mark.tint},
          {s.health == "none" || s.health.empty() ? "-" : s.health, health_colour(s.health)},
          {optional_text(s.pid, number)},
          {optional_text(s.port, number)},
          {optional_text(s.uptime, human)},
          {number(s.restarts), s.restarts > 0 ? colour::yellow : colour::none},
          {optional_text(s.cpu_percent, [](double p) { return fmt::format("{:.1f}%", p); })},
          {optional_text(s.memory_bytes, human_bytes)},
          {neutralise(note_of(s, all), sgr::strip)}};
}

table table_of(const terminal& out, const status_view& status,
               const std::vector<const service_view*>& chosen) {
  table t({{"NAME", align::left, 0, 12},
           {"STATE", align::left, 0},
           {"HEALTH", align::left, 2},
           {"PID", align::right, 5},
           {"PORT", align::right, 6},
           {"UPTIME", align::right, 3},
           {"RESTARTS", align::right, 4},
           {"CPU", align::right, 8},
           {"MEM", align::right, 7},
           {"REASON", align::left, 1, 10}});
  for (const auto* s : chosen) t.add(row_of(out, *s, status));
  return t;
}

std::string header_of(const terminal& out, const daemon_view& d) {
  std::string text =
      out.paint(colour::bold, d.name.empty() ? "aurora" : neutralise(d.name, sgr::strip));
  text += "  aurorad " + d.version;
  if (d.pid) text += fmt::format("  pid {}", *d.pid);
  if (d.uptime) text += "  up " + human(*d.uptime);
  if (!d.http.empty() && d.http != "off") text += "  " + d.http;
  return text;
}

std::vector<std::string> page(const terminal& out, const status_view& status,
                              const std::vector<const service_view*>& chosen) {
  const std::size_t width = out.is_terminal() ? out.width() : 0;
  std::vector<std::string> lines{header_of(out, status.daemon)};
  for (const auto& warning : status.daemon.warnings) {
    lines.push_back(out.paint(colour::yellow, "warning: ") + neutralise(warning, sgr::strip));
  }
  if (width > 0) {
    for (auto& text : lines) {
      if (display_width(text) > width) text = clip(without_sgr(text), width, out.ellipsis());
    }
  }
  const auto rows = table_of(out, status, chosen).lines(out, width);
  lines.insert(lines.end(), rows.begin(), rows.end());
  if (chosen.empty()) lines.push_back("no services");
  return lines;
}

int verdict(const context& c, const std::vector<const service_view*>& chosen) {
  if (c.given.operands.empty()) return 0;
  for (const auto* s : chosen) {
    if (!s->up() || s->health == "unhealthy") return code(exit_code::not_running);
  }
  return 0;
}

/// `answer` with only the services that were asked for.
std::string chosen_json(const json::value& answer, const std::vector<const service_view*>& chosen) {
  json::object result;
  result["daemon"] = child_of(answer, "daemon");
  json::array services;
  for (const auto& element : list_of(answer, "services")) {
    const std::string name = text_of(element, "name");
    for (const auto* s : chosen) {
      if (s->name == name) services.push_back(element);
    }
  }
  result["services"] = std::move(services);
  return to_text(result);
}

asio::awaitable<int> show_once(context& c, endpoint where) {
  client api(c.io.get_executor(), std::move(where));
  reply answer = co_await api.get("/api/v1/status");
  if (answer.status != 200) throw refused(answer);
  if (c.given.json && c.given.operands.empty()) {
    c.out.write(answer.body);
    if (!answer.body.ends_with('\n')) c.out.write("\n");
    co_return 0;
  }
  const json::value body = parse_answer(answer.body);
  const status_view status = read_status(body);
  const auto chosen = select(status, c.given.operands);
  if (c.given.json) {
    c.out.line(chosen_json(body, chosen));
  } else if (!c.given.quiet) {
    for (const auto& text : page(c.out, status, chosen)) c.out.line(text);
  }
  co_return verdict(c, chosen);
}

/// Keeps a table on the screen: drawn anew on each change and once a second for the times.
class watcher : public listener {
 public:
  watcher(context& c, latch& over) : c_(c), over_(over) {}

  void on_snapshot(std::uint64_t /*sequence*/, const status_view& status) override {
    status_ = status;
    received_ = steady::now();
    lost_ = false;
    draw();
  }
  void on_service(const service_view& service) override {
    const auto it = std::find_if(status_.services.begin(), status_.services.end(),
                                 [&](const service_view& s) { return s.name == service.name; });
    if (it == status_.services.end()) {
      status_.services.push_back(service);
    } else {
      *it = service;
    }
    aged_.insert_or_assign(service.name, steady::now());
    draw();
  }
  void on_removed(const std::string& name) override {
    std::erase_if(status_.services, [&](const service_view& s) { return s.name == name; });
    draw();
  }
  void on_lost() override {
    lost_ = true;
    draw();
  }
  asio::awaitable<void> tick() {
    for (;;) {
      co_await pause(std::chrono::seconds(1));
      draw();
    }
  }

 private:
  /// Times go on by themselves: the daemon only tells changes.
  status_view aged() const {
    status_view now = status_;
    const auto since_snapshot = steady::now() - received_;
    if (now.daemon.uptime) *now.daemon.uptime += since_snapshot;
    for (auto& s : now.services) {
      const auto it = aged_.find(s.name);
      const auto age = it == aged_.end() ? since_snapshot : steady::now() - it->second;
      if (s.uptime) *s.uptime += age;
      if (s.next_start) s.next_start = std::max<duration>(*s.next_start - age, duration(0));
    }
    return now;
  }
  void draw() {
    const status_view now = aged();
    auto lines = page(c_.out, now, select(now, c_.given.operands));
    if (lost_)
      lines.insert(
          lines.begin(),
          c_.out.paint(colour::yellow, "the daemon went away; waiting for it to come back"));
    if (c_.out.is_terminal()) {
      const std::size_t room = std::max<std::size_t>(c_.out.height(), 4) - 1;
      if (lines.size() > room) {
        const auto hidden = lines.size() - room + 1;
        lines.resize(room - 1);
        lines.push_back(fmt::format("and {} more", hidden));
      }
      if (drawn_ > 0) c_.out.write(fmt::format("\x1b[{}A\r\x1b[J", drawn_));
      drawn_ = lines.size();
    } else if (lines == last_) {
      return;
    }
    for (const auto& text : lines) c_.out.line(text);
    if (!c_.out.is_terminal()) c_.out.line("");
    c_.out.flush();
    last_ = std::move(lines);
    if (c_.out.closed()) over_.set();
  }

  context& c_;
  latch& over_;
  status_view status_;
  steady::time_point received_ = steady::now();
  std::map<std::string, steady::time_point> aged_;
  std::vector<std::string> last_;
  std::size_t drawn_ = 0;
  bool lost_ = false;
};

asio::awaitable<void> until_signal(asio::signal_set& signals, latch& over) {
  co_await signals.async_wait(asio::use_awaitable);
  over.set();
}

asio::awaitable<int> until_over(context& c, latch& over) {
  const bool ended = co_await over.wait(c.deadline());
  co_return ended ? 0 : code(exit_code::timed_out);
}

asio::awaitable<int> keep_showing(context& c, endpoint where) {
  const auto executor = c.io.get_executor();
  latch over(executor);
  watcher screen(c, over);
  feed changes(executor, std::move(where), screen);
  asio::signal_set signals(executor, SIGINT, SIGTERM);
  tasks beside(executor);
  beside.wake_on_fault(&over);
  beside.start(changes.run(forever));
  beside.start(screen.tick());
  beside.start(until_signal(signals, over));
  co_return co_await with(beside, until_over(c, over));
}

}  // namespace

int verb_status(context& c) {
  const endpoint where = find_endpoint(c.given);
  if (!c.given.has("watch")) return run_on(c.io, show_once(c, where));
  if (c.given.json) {
    throw failure(exit_code::usage, "--watch and --json do not go together",
                  "`aurorctl events -f --json` tells each change");
  }
  return run_on(c.io, keep_showing(c, where));
}

}  // namespace aurora::ctl
