#include <boost/asio/as_tuple.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/json/serialize.hpp>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <deque>
#include <optional>

#include <aurora/exit_status.hpp>

#include "client.hpp"
#include "context.hpp"
#include "feed.hpp"
#include "text.hpp"
#include "top.hpp"
#include "top_model.hpp"
#include "top_screen.hpp"
#include "top_view.hpp"
#include "units.hpp"
#include "why_text.hpp"

namespace aurora::ctl {
namespace {

constexpr auto between_pages = std::chrono::milliseconds(30);
constexpr int history = 500;  // lines

/// Our own view of the terminal: waiting on a descriptor makes its open file non-blocking, and that
/// of standard input is the shell's and that of standard output too.
int open_input() {
  const int fd = ::open("/proc/self/fd/0", O_RDONLY | O_NOCTTY | O_CLOEXEC);
  return fd >= 0 ? fd : ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
}

bool still_readable() {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  return ::poll(&input, 1, 0) == 1;
}

/// Between the daemon, the model and the terminal.
class session : public listener {
 public:
  session(context& c, endpoint where)
      : c_(c),
        paint_(STDOUT_FILENO, when::always),
        model_(c.given.operands),
        changes_(c.io.get_executor(), where, *this),
        api_(c.io.get_executor(), std::move(where)),
        something_(c.io.get_executor()),
        to_do_(c.io.get_executor()),
        signals_(c.io.get_executor(), SIGINT, SIGTERM, SIGHUP),
        input_(c.io.get_executor(), open_input()) {
    signals_.add(SIGQUIT);
    signals_.add(SIGWINCH);
  }

  asio::awaitable<int> run() {
    tasks beside(c_.io.get_executor());
    beside.wake_on_fault(&something_);
    beside.start(changes_.run(forever));
    beside.start(note_signals());
    beside.start(work());
    co_return co_await with(beside, loop(beside));
  }
  /// Gives the terminal back, before anything is said on it.
  void close() { screen_.reset(); }

  void on_snapshot(std::uint64_t /*sequence*/, const status_view& status) override {
    if (!screen_) select(status, c_.given.operands);  // throws where one is unknown
    model_.on_snapshot(status, steady::now());
    stale_ = true;
    something_.set();
  }
  void on_service(const service_view& service) override {
    model_.on_service(service, steady::now());
    note_change_of(service.name);
  }
  void on_removed(const std::string& name) override {
    model_.on_removed(name);
    something_.set();
  }
  void on_event(const event_view& event) override { note_change_of(event.instance); }
  void on_usage(const std::vector<usage_view>& usage) override {
    model_.on_usage(usage);
    something_.set();
  }
  void on_subscribed() override {
    model_.log().begin();
    something_.set();
  }
  void on_refused(const failure& why) override { tell(why); }
  void on_log(const log_line& line) override {
    model_.log().add(line);
    something_.set();
  }
  void on_dropped(std::uint64_t lines) override {
    model_.log().remark(mark() + std::to_string(lines) + " lines left out: this was too slow");
    something_.set();
  }
  void on_missing(const std::string& name, std::uint64_t bytes) override {
    if (name == model_.log().name()) {
      model_.log().remark(mark() + human_bytes(bytes) + " are kept no more");
    }
    something_.set();
  }
  void on_lost() override {
    model_.on_lost();
    something_.set();
  }
  std::vector<std::string> wishes() override {
    std::vector<std::string> all{R"({"subscribe":{"usage":true,"batch":true}})"};
    if (!model_.log().name().empty()) all.push_back(log_wish());
    return all;
  }

 private:
  void tell(const failure& what) {
    model_.tell(what.hint.empty() ? what.what : what.what + "; " + what.hint, true);
    something_.set();
  }

  std::string mark() const { return std::string(paint_.ellipsis()) + " "; }

  void note_change_of(const std::string& name) {
    if (name == model_.wanted_why()) stale_ = true;
    something_.set();
  }

  std::string log_wish() const {
    const auto& log = model_.log();
    json::object what{{"logs", json::array{json::string(log.name())}}};
    if (log.next() > 0) {
      what["after"] = json::object{{log.name(), log.next()}};
    } else {
      what["lines"] = history;
    }
    return to_text(json::object{{"subscribe", std::move(what)}});
  }

  asio::awaitable<int> loop(tasks& beside) {
    const auto deadline = c_.deadline();
    while (!over_ && !model_.over() && !beside.faulted()) {
      const auto until = next_tick(deadline);
      const bool woken = co_await something_.wait(until);
      something_.clear();
      if (!woken && steady::now() >= deadline) co_return code(exit_code::timed_out);
      if (over_ || model_.over() || beside.faulted()) break;
      if (!screen_) begin(beside);
      co_await follow();
      if (stale_ && !model_.wanted_why().empty()) to_do_.set();
      draw();
      co_await pause(between_pages);
    }
    co_return 0;
  }

  /// When the page changes although nothing is heard; `deadline` at the latest.
  steady::time_point next_tick(steady::time_point deadline) const {
    if (!screen_) return deadline;
    const auto now = steady::now();
    const auto tick = model_.changes_within(now);
    return tick ? std::min(now + *tick, deadline) : deadline;
  }

  /// With the first answer: until then a fault is a line on an untouched terminal.
  void begin(tasks& beside) {
    screen_.emplace(c_.out.coloured());
    beside.start(read_keys());
  }

  void draw() {
    auto page = draw_top(paint_, model_, steady::now(), screen_->size());
    model_.set_page(page.paged);
    screen_->show(page);
  }

  /// Has the stream tell the log that is looked at, and no other.
  asio::awaitable<void> follow() {
    const std::string wanted = model_.wanted_log();
    const std::string before = model_.log().name();
    if (wanted == before) co_return;
    model_.log().follow(wanted);
    if (model_.lost()) co_return;  // asked for when it is back
    if (!before.empty()) {
      json::object what{{"logs", json::array{json::string(before)}}};
      std::string message = to_text(json::object{{"unsubscribe", std::move(what)}});
      co_await changes_.say(std::move(message), false);
    }
    if (wanted.empty()) co_return;
    std::string message = log_wish();
    co_await changes_.say(std::move(message), true);
  }

  asio::awaitable<void> note_signals() {
    for (;;) {
      const int number = co_await signals_.async_wait(asio::use_awaitable);
      if (number != SIGWINCH) break;
      if (screen_) screen_->resize();
      something_.set();
    }
    over_ = true;
    something_.set();
  }

  asio::awaitable<void> read_keys() {
    for (;;) {
      auto [ec] = co_await input_.async_wait(asio::posix::stream_descriptor::wait_read,
                                             asio::as_tuple(asio::use_awaitable));
      if (ec) break;
      bool any = true, some = false;
      while (any) {
        const auto key = screen_->read(any);
        some = some || any;
        if (!key) continue;
        if (auto change = model_.press(*key)) asked_.push_back(std::move(*change));
      }
      if (!some && still_readable()) break;  // its end
      if (!asked_.empty()) to_do_.set();
      something_.set();
    }
    over_ = true;
    something_.set();
  }

  /// What takes an answer of the daemon, so that no key waits for it.
  asio::awaitable<void> work() {
    for (;;) {
      co_await to_do_.wait();
      to_do_.clear();
      const auto state = co_await asio::this_coro::cancellation_state;
      if (state.cancelled() != asio::cancellation_type::none) co_return;
      std::optional<failure> fault;
      try {
        co_await change();
        co_await explain();
      } catch (const failure& what) {
        fault = what;
      }
      if (fault && !model_.lost()) tell(*fault);
      something_.set();
    }
  }

  asio::awaitable<void> change() {
    while (!asked_.empty()) {
      const top_change what = std::move(asked_.front());
      asked_.pop_front();
      std::string body = "{}", words = what.verb + " of " + what.name + " asked for";
      if (what.signal != 0) {
        body = json::serialize(json::object{{"signal", signal_name(what.signal)}});
        words = signal_name(what.signal) + " sent to " + what.name;
      }
      std::string target = "/api/v1/services/" + url_encode(what.name) + "/" + what.verb;
      const reply answer = co_await api_.post(std::move(target), std::move(body));
      if (answer.status / 100 != 2) throw refused(answer);
      model_.tell(std::move(words), false);
    }
  }

  asio::awaitable<void> explain() {
    const std::string name = model_.wanted_why();
    if (name.empty() || !std::exchange(stale_, false)) co_return;
    std::string target = why_target(name);
    const auto answer = co_await api_.get_json(std::move(target));
    std::vector<std::string> lines;
    for (const auto& each : list_of(answer, "explanations")) {
      const auto more = explanation_lines(paint_, each, wall_now());
      lines.insert(lines.end(), more.begin(), more.end());
    }
    model_.explain(name, std::move(lines));
  }

  context& c_;
  terminal paint_;
  top_model model_;
  feed changes_;
  client api_;
  latch something_, to_do_;
  asio::signal_set signals_;
  asio::posix::stream_descriptor input_;
  std::optional<top_screen> screen_;
  std::deque<top_change> asked_;
  bool stale_ = false;  ///< what happened since it was last explained
  bool over_ = false;
};

}  // namespace

int show_top(context& c) {
  session top(c, find_endpoint(c.given));
  const int result = run_on(c.io, top.run());
  top.close();
  return result;
}

}  // namespace aurora::ctl
