#include "supervisor/usage_recorder.hpp"

#include <algorithm>
#include <optional>

#include "server/on_worker.hpp"
#include "supervisor/clock.hpp"
#include "supervisor/tree_reading.hpp"

namespace aurora::shell {
namespace {

/// A tree that is larger is not summed up: a part of it would tell nothing.
constexpr std::size_t largest_tree = 1024;

struct found_use {
  duration cpu{};
  std::uint64_t memory = 0;
};

std::optional<found_use> sum_of(const usage_recorder::subject& who) {
  const auto tree = read_tree(who.pid, who.cgroup, largest_tree);
  if (!tree.whole || tree.rows.empty()) return std::nullopt;
  found_use sum;
  for (const auto& row : tree.rows) {
    sum.cpu += row.cpu;
    sum.memory += row.memory;
  }
  return sum;
}

}  // namespace

usage_recorder::usage_recorder(boost::asio::any_io_executor executor, reactor::worker_pool& workers,
                               options how)
    : workers_(workers), how_(std::move(how)), timer_(executor), tasks_(executor) {}

std::shared_ptr<void> usage_recorder::watch() {
  ++watchers_;
  if (!running_ && !stopping_) {
    running_ = true;
    tasks_.spawn(run());
  }
  return std::shared_ptr<void>(nullptr, [this](void*) {
    if (--watchers_ == 0) until_ = monotonic_now() + how_.linger;
  });
}

bool usage_recorder::wanted() const {
  return !stopping_ && (watchers_ > 0 || monotonic_now() < until_);
}

boost::asio::awaitable<void> usage_recorder::run() {
  auto next = std::chrono::steady_clock::now();
  while (wanted()) {
    co_await sample();
    // After a time asleep it goes on from now: what was missed is not caught up with.
    next = std::max(next + how_.step, std::chrono::steady_clock::now());
    timer_.expires_at(next);
    co_await timer_.async_wait(reactor::tok);
  }
  running_ = false;
}

boost::asio::awaitable<void> usage_recorder::sample() {
  const auto asked = how_.subjects();
  auto work = [asked] {
    std::vector<std::optional<found_use>> found;
    found.reserve(asked.size());
    for (const auto& each : asked) found.push_back(sum_of(each));
    return found;
  };
  auto working = server::on_worker(workers_, std::move(work));
  const auto found = co_await std::move(working);
  const auto now = monotonic_now();
  moment made{wall_now(), {}};
  usage_moment told;
  told.at = made.at;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (!found[i]) continue;
    const auto percent = percent_of(asked[i], found[i]->cpu, now);
    made.rows.push_back(
        {asked[i].id, percent ? static_cast<float>(*percent) : -1.0F, found[i]->memory});
    told.services.push_back({asked[i].name, percent, found[i]->memory});
  }
  std::erase_if(last_, [&](const auto& each) { return each.second.at != now; });
  moments_.push_back(std::move(made));
  const auto most = static_cast<std::size_t>(how_.kept / how_.step);
  while (moments_.size() > most) moments_.pop_front();
  if (watchers_ > 0 && how_.on_moment) how_.on_moment(told);
}

/// Since the sample before; of a process that began after it, since its start.
std::optional<double> usage_recorder::percent_of(const subject& who, duration cpu, instant now) {
  auto& before = last_[who.id];
  const bool known = before.run == who.run && before.at != instant{};
  const duration span = known ? now - before.at : who.uptime;
  const auto used = known ? std::max(duration{}, cpu - before.cpu) : cpu;
  const bool fresh = known || who.uptime <= 2 * how_.step;
  before = {who.run, now, known ? std::max(before.cpu, cpu) : cpu};
  if (!fresh || span <= duration{}) return std::nullopt;
  return 100.0 * static_cast<double>(used.count()) / static_cast<double>(span.count());
}

std::vector<usage_sample> usage_recorder::of(core::instance_id id) const {
  std::vector<usage_sample> out;
  const auto oldest = wall_now() - std::chrono::floor<std::chrono::milliseconds>(how_.kept);
  for (const auto& each : moments_) {
    const auto found = std::find_if(each.rows.begin(), each.rows.end(),
                                    [&](const row& one) { return one.id == id; });
    if (found == each.rows.end() || each.at < oldest) continue;
    usage_sample& made = out.emplace_back();
    made.at = each.at;
    if (found->cpu_percent >= 0) made.cpu_percent = found->cpu_percent;
    made.memory_bytes = found->memory_bytes;
  }
  return out;
}

boost::asio::awaitable<void> usage_recorder::stop() {
  stopping_ = true;
  tasks_.request_stop();
  co_await tasks_.join();
}

}  // namespace aurora::shell
