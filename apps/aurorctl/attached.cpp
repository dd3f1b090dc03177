#include "attached.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>

#include "describe.hpp"
#include "event_text.hpp"
#include "text.hpp"
#include "units.hpp"

namespace aurora::ctl {
namespace {

/// A reactor that fell is back within a second.
constexpr duration comes_back_within = std::chrono::seconds(5);

log_style prefixed() {
  log_style style;
  style.prefix = true;
  return style;
}

}  // namespace

attached_stack::attached_stack(context& c, client& api, std::optional<launched_daemon> launched,
                               const status_view& status, wall_time since)
    : c_(c),
      api_(api),
      launched_(std::move(launched)),
      status_(status),
      end_(c.io.get_executor(), status.daemon, api.where().how == endpoint::kind::local),
      view_(c.out, prefixed()),
      since_(since),
      something_(c.io.get_executor()),
      over_(c.io.get_executor()) {
  for (const auto* s : select(status, c.given.operands)) names_.push_back(s->name);
  view_.widen(names_);
}

void attached_stack::on_snapshot(std::uint64_t /*sequence*/, const status_view& status) {
  status_ = status;
  status.keep_known(names_);
  for (const auto& s : status.services) on_service(s);
}

void attached_stack::on_service(const service_view& service) {
  const auto it = std::find_if(status_.services.begin(), status_.services.end(),
                               [&](const service_view& s) { return s.name == service.name; });
  if (it == status_.services.end()) {
    status_.services.push_back(service);
  } else {
    *it = service;
  }
  const bool known = std::find(names_.begin(), names_.end(), service.name) != names_.end();
  if (known || !means(c_.given.operands, service)) return;
  names_.push_back(service.name);
  fresh_.push_back(service.name);
  view_.widen({service.name});
  something_.set();
}

void attached_stack::on_removed(const std::string& name) {
  std::erase_if(status_.services, [&](const service_view& s) { return s.name == name; });
  std::erase(names_, name);
  std::erase(fresh_, name);
}

void attached_stack::on_subscribed() {
  stale_ = true;
  something_.set();
}

void attached_stack::on_refused(const failure& why) {
  view_.remark(why.what, colour::yellow);
  c_.out.flush();
}

void attached_stack::on_log(const log_line& line) {
  pending_.push_back(line);
  something_.set();
}

void attached_stack::on_dropped(std::uint64_t lines) {
  view_.remark(fmt::format("{} lines left out: this terminal is too slow for them", lines),
               colour::yellow);
  c_.out.flush();
}

void attached_stack::on_event(const event_view& e) {
  if (c_.given.quiet || e.from == e.to) return;
  const std::string reason = reason_in_words(e.reason);
  std::string text = e.instance + ": " + e.to + (reason == e.to ? "" : ": " + reason);
  if (const auto more = evidence_in_words(e); !more.empty()) text += ": " + more;
  view_.remark(text, e.to == "failed" ? colour::red : colour::dim);
  c_.out.flush();
}

void attached_stack::print(const log_line& line) {
  const auto [it, first] = seen_.try_emplace(line.name, line.offset);
  if (!first && line.offset <= it->second) return;
  it->second = line.offset;
  since_ = std::max(since_, line.at.value_or(since_));
  view_.print(line);
}

asio::awaitable<void> attached_stack::catch_up(client& api) {
  log_query query;
  query.lines = most_log_lines;
  query.since = since_;
  const auto names = names_;  // services come and go meanwhile
  const auto missed = co_await fetch_history(api, names, query, view_);
  for (const auto& line : missed) print(line);
}

asio::awaitable<void> attached_stack::show(feed& changes) {
  client api(c_.io.get_executor(), api_.where());
  for (;;) {
    co_await something_.wait();
    something_.clear();
    if (!fresh_.empty()) {
      auto names = std::exchange(fresh_, {});
      co_await changes.subscribe(std::move(names));
    }
    if (std::exchange(stale_, false)) {
      try {
        co_await catch_up(api);
      } catch (const failure& lost) {
        if (lost.code != exit_code::no_daemon) throw;  // else it is told by its end
      }
    }
    for (const auto& line : std::exchange(pending_, {})) print(line);
    c_.out.flush();
  }
}

std::vector<std::string> attached_stack::still_alive() const {
  std::vector<std::string> out;
  for (const auto& s : status_.services) {
    if (s.pid) out.push_back(fmt::format("{} (pid {})", s.name, *s.pid));
  }
  return out;
}

asio::awaitable<void> attached_stack::obey(asio::signal_set& signals) {
  client api(c_.io.get_executor(), api_.where());
  for (;;) {
    co_await signals.async_wait(asio::use_awaitable);
    const auto alive = still_alive();
    if (++interrupts_ > 2) break;
    const bool force = interrupts_ == 2;
    if (force) {
      view_.remark(
          "killing" + (alive.empty() ? std::string() : ", still alive: " + enumerate(alive)),
          colour::yellow);
    } else {
      view_.remark("stopping all; once more kills what does not stop", colour::yellow);
    }
    c_.out.flush();
    try {
      co_await api.post(force ? "/api/v1/shutdown?force=1" : "/api/v1/shutdown", "{}");
    } catch (const failure& lost) {
      if (lost.code != exit_code::no_daemon) throw;
    }
  }
  over_.set();
}

asio::awaitable<void> attached_stack::read_on(feed& changes) {
  co_await changes.run(comes_back_within);
  over_.set();
}

asio::awaitable<void> attached_stack::until_gone() {
  co_await end_.wait(steady::time_point::max());
  over_.set();
}

asio::awaitable<int> attached_stack::until_over() {
  if (!start_.empty()) {
    auto asking = api_.post_json("/api/v1/start", start_);
    const auto answer = co_await std::move(asking);
    const auto asked = read_operation(answer);
    for (const auto& t : asked.targets) {
      if (t.result == "failed") view_.remark(t.name + " failed: " + t.detail, colour::red);
    }
    c_.out.flush();
  }
  co_await over_.wait();
  co_return 0;
}

asio::awaitable<int> attached_stack::verdict() {
  if (interrupts_ > 2) {
    throw failure(exit_code::failed, "left while the daemon was still stopping its services",
                  "see `aurorctl status`", still_alive());
  }
  if (interrupts_ > 0) {
    view_.remark("all stopped, the daemon has ended");
    co_return 0;
  }
  // Our own child is told by its exit code, which may take a moment after the socket is gone.
  const auto until = steady::now() + comes_back_within;
  while (launched_ && !launched_->poll() && steady::now() < until) {
    co_await pause(std::chrono::milliseconds(5));
  }
  if (launched_ && launched_->ended == 0) {
    view_.remark("the daemon has ended");
    co_return 0;
  }
  const std::string how = launched_ && launched_->ended
                              ? fmt::format(" with exit code {}", *launched_->ended)
                              : std::string();
  throw failure(
      exit_code::failed, "the daemon has ended" + how,
      launched_ ? "its log is " + launched_->log : "see logs/aurorad.log in the state directory");
}

asio::awaitable<int> attached_stack::run(std::string start, asio::signal_set& signals) {
  const auto executor = c_.io.get_executor();
  feed changes(executor, api_.where(), *this, names_);
  tasks beside(executor);
  beside.wake_on_fault(&over_);
  beside.start(read_on(changes));
  beside.start(show(changes));
  beside.start(obey(signals));
  if (api_.where().how == endpoint::kind::local) beside.start(until_gone());
  // The body is a member: g++ 12 destroys a string twice that a coroutine takes by value here
  // (-O2).
  start_ = std::move(start);
  auto over = until_over();
  co_await with(beside, std::move(over));
  for (const auto& line : std::exchange(pending_, {})) print(line);
  view_.close();
  co_return co_await verdict();
}

}  // namespace aurora::ctl
