#include <algorithm>

#include <boost/asio/post.hpp>

#include <aurora/version.hpp>

#include "server/on_worker.hpp"
#include "supervisor/clock.hpp"
#include "supervisor/control.hpp"
#include "supervisor/instance_runtime.hpp"
#include "supervisor/tree_reading.hpp"
#include "wire/metrics.hpp"

// `/metrics`: what was counted is copied, the rest is read on a worker, and there it is written.
namespace aurora::shell {
namespace {

/// A tree that is larger is not summed up: a part of it would tell nothing.
constexpr std::size_t largest_tree = 1024;

double in_seconds(duration span) { return std::chrono::duration<double>(span).count(); }

/// A scrape under way: what the loop knows, and what the worker is to find out.
struct scrape {
  struct question {
    pid_t pid = 0;  ///< 0: no process
    std::string cgroup;
    cpu_account account;
    bool known = false;  ///< something was read of it before
  };
  wire::stack_metrics found;
  std::vector<question> questions;  ///< one an instance, in the same order
  wire::exposition how{};
  std::string text;
};

void look_up(wire::instance_metrics& of, scrape::question& about) {
  if (about.pid != 0) {
    const auto tree = read_tree(about.pid, about.cgroup, largest_tree);
    if (tree.whole && !tree.rows.empty()) {
      wire::tree_totals held;
      duration cpu{};
      for (const auto& row : tree.rows) {
        held.memory_bytes += row.memory;
        held.open_fds += count_descriptors(row.pid);
        cpu += row.cpu;
      }
      of.held = held;
      about.account.seen = std::max(about.account.seen, cpu);
      about.known = true;
    }
  }
  if (about.known) of.cpu_seconds = in_seconds(about.account.before + about.account.seen);
}

scrape perform(scrape what) {
  for (std::size_t i = 0; i < what.questions.size(); ++i)
    look_up(what.found.instances[i], what.questions[i]);
  const auto own = read_own_use();
  auto& process = what.found.process;
  process.cpu_seconds = in_seconds(own.cpu);
  process.resident_bytes = own.resident;
  process.virtual_bytes = own.virtual_memory;
  process.open_fds = own.open_fds;
  process.max_fds = own.max_fds;
  what.text = wire::metrics_text(what.found, what.how);
  return what;
}

}  // namespace

wire::instance_metrics control::count(core::instance_id id, instant now) {
  const auto& engine = driver_.engine();
  const auto status = engine.status(id, now);
  wire::instance_metrics of;
  of.service = status.service;
  of.instance = status.instance;
  of.state = status.state;
  of.health = status.health;
  of.uptime = status.uptime;
  if (const auto* counted = driver_.counters().find(status.name)) of.counted = *counted;
  auto* runtime = driver_.find_runtime(id);
  if (const auto* log = runtime ? runtime->opened_log() : nullptr) {
    of.log_bytes = log->bytes();
    of.log_dropped_bytes = log->dropped();
    if (auto* apart = runtime->opened_log()->separate_stderr()) *of.log_bytes += apart->bytes();
  }
  return of;
}

boost::asio::awaitable<std::string> control::metrics(wire::exposition how) {
  const auto asked = monotonic_now();
  co_await boost::asio::post(driver_.executor(), boost::asio::use_awaitable);
  const auto now = monotonic_now();
  // Whatever was ready before this turn had its way first: that is the lag a scrape sees itself.
  driver_.counters().on_lag(now - asked);
  auto& engine = driver_.engine();
  scrape what;
  what.how = how;
  what.found.version = aurora::version;
  what.found.lag = driver_.counters().lag();
  what.found.process.start_seconds = in_seconds(started_at_.time_since_epoch());
  std::erase_if(cpu_, [&](const auto& each) { return !engine.exists(each.first); });
  const auto all = engine.instances();
  for (const auto id : all) {
    what.found.instances.push_back(count(id, now));
    auto& asking = what.questions.emplace_back();
    const auto known = cpu_.find(id);
    asking.known = known != cpu_.end();
    if (asking.known) asking.account = known->second;
    asking.account.begin(engine.run_of(id));
    auto* runtime = driver_.find_runtime(id);
    if (!runtime || !runtime->process()) continue;
    asking.pid = runtime->process()->pid();
    asking.cgroup = runtime->cgroup();
  }
  auto work = [what = std::move(what)]() mutable { return perform(std::move(what)); };
  auto working = server::on_worker(driver_.workers(), std::move(work));
  auto done = co_await std::move(working);
  for (std::size_t i = 0; i < all.size(); ++i)
    if (done.questions[i].known && engine.exists(all[i]))
      cpu_[all[i]].join(done.questions[i].account);
  co_return std::move(done.text);
}

}  // namespace aurora::shell
