#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>

#include "client.hpp"
#include "context.hpp"
#include "feed.hpp"
#include "handlers.hpp"
#include "live_status.hpp"
#include "status_table.hpp"

namespace aurora::ctl {
namespace {

std::vector<std::string> page(const terminal& out, const status_view& status,
                              const std::vector<const service_view*>& chosen) {
  const std::size_t width = out.is_terminal() ? out.width() : 0;
  std::vector<std::string> lines{daemon_line(out, status.daemon)};
  for (const auto& warning : status.daemon.warnings) {
    lines.push_back(out.paint(colour::yellow, "warning: ") + neutralise(warning, sgr::strip));
  }
  if (width > 0) {
    for (auto& text : lines) {
      if (display_width(text) > width) text = clip(without_sgr(text), width, out.ellipsis());
    }
  }
  const auto rows = status_table(out, status, chosen).lines(out, width);
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
    status_.replace(status, steady::now());
    lost_ = false;
    draw();
  }
  void on_service(const service_view& service) override {
    status_.update(service, steady::now());
    draw();
  }
  void on_removed(const std::string& name) override {
    status_.remove(name);
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
  void draw() {
    const status_view now = status_.at(steady::now());
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
  live_status status_;
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
