#include "supervisor/driver.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <system_error>

#include <boost/asio/post.hpp>

#include "store/state_file.hpp"
#include "supervisor/clock.hpp"
#include "supervisor/instance_runtime.hpp"
#include "supervisor/run_marker.hpp"
#include "supervisor/words.hpp"

namespace aurora::shell {
namespace {

/// One turn of the loop spends no longer than this on starting processes, so that the API answers
/// while thousands of services start.
constexpr auto spawn_slice = std::chrono::milliseconds(4);
/// So long a file is waited for: a disk may hang.
constexpr auto longest_write = std::chrono::seconds(1);

std::uint64_t log_limit(const stack_spec& stack) {
  return stack.max_total_log_size ? stack.max_total_log_size->value : 0;
}

}  // namespace

struct driver::waiter {
  core::targets pending;
  goal towards;
  boost::asio::steady_timer done;
};

driver::driver(boost::asio::any_io_executor executor, stack_spec stack, options how)
    : executor_(executor),
      options_(std::move(how)),
      paths_(options_.state_dir),
      run_id_(new_run_id(paths_.root)),
      engine_(std::move(stack), options_.seed),
      endings_(paths_.last_exit, options_.keeper),
      hub_(executor, workers_,
           [this] {
             reactor::log_hub::options hub;
             hub.fifo_dir = paths_.run;
             hub.log_dir = paths_.logs;
             hub.max_total_size = log_limit(engine_.stack());
             hub.on_fault = [this](const std::string& instance, const std::string& fault) {
               warn("log of " + instance, fault);
             };
             return hub;
           }()),
      prober_(executor, workers_),
      usage_(executor, workers_,
             {[this] { return running_now(); },
              [this](const usage_moment& now) {
                journal_.each_observer([&](auto& who) { who.on_usage(now); });
              }}),
      deadline_(executor),
      renote_(executor),
      state_(executor, workers_, [this](const std::string& fault) { warn("state", fault); }),
      configuration_(
          executor, workers_,
          [this](const std::string& fault) { warn("copy of the configuration", fault); }),
      tasks_(executor) {}

driver::~driver() = default;

boost::system::result<void, std::string> driver::load() {
  auto saved = store::load_state(paths_.state);
  if (!saved) {
    // What cannot be read is not written over either: it holds what operators asked for.
    if (saved.error().what != store::load_fault::kind::damaged) return saved.error().words;
    const auto aside = store::set_aside(paths_.state);
    if (!aside) return saved.error().words + "; " + aside.error();
    warn("saved state", fmt::format("{}; it is kept as '{}', and what operators had stopped before "
                                    "is forgotten",
                                    saved.error().words, *aside));
    return {};
  }
  std::vector<core::engine::desired_entry> wishes;
  for (auto& entry : saved->desired) wishes.push_back({entry.instance, entry.desired});
  engine_.restore_desired(wishes);
  return {};
}

void driver::open() {
  hub_.start();
  tasks_.spawn(keep_time());
}

void driver::begin() {
  engine_.begin(monotonic_now(), asked_);
  drain();
}

void driver::post(core::engine_event event) {
  if (stopping_) return;
  events_.push_back(std::move(event));
  drain();
}

plan_steps driver::apply(const stack_spec& next) {
  auto steps = engine_.apply(next, monotonic_now(), asked_);
  hub_.limit_total(log_limit(next));
  drain();
  for (auto& [id, runtime] : runtimes_)
    if (engine_.exists(core::instance_id(id))) runtime->configure();
  return steps;
}

void driver::drain() {
  if (draining_) return;
  draining_ = true;
  for (;;) {
    if (!asked_.empty()) {
      remember();
      core::commands now_asked;
      now_asked.swap(asked_);
      perform(now_asked);
      continue;
    }
    if (events_.empty()) break;
    const auto event = std::move(events_.front());
    events_.pop_front();
    engine_.step(event, monotonic_now(), asked_);
  }
  remember();
  warn("events", journal_.flush());
  draining_ = false;
  rearm();
  tell_waiters();
  flush_log_soon();
  if (!spawning_ && !spawns_.empty()) spawn_pending();
}

void driver::perform(core::commands& asked) {
  for (const auto& one : asked) perform(one);
}

void driver::perform(const core::engine_command& asked) {
  std::visit(
      [this](const auto& what) {
        using asked_for = std::decay_t<decltype(what)>;
        if constexpr (std::is_same_v<asked_for, core::command::record>) {
          record(what);
        } else if constexpr (std::is_same_v<asked_for, core::command::save_desired>) {
          save_desired();
        } else if constexpr (std::is_same_v<asked_for, core::command::stack_down>) {
          if (options_.on_down) options_.on_down(what.code);
        } else if constexpr (std::is_same_v<asked_for, core::command::spawn>) {
          spawns_.push_back(what);
        } else if constexpr (std::is_same_v<asked_for, core::command::send_signal>) {
          runtime(what.id).send_signal(what);
        } else if constexpr (std::is_same_v<asked_for, core::command::kill_tree>) {
          runtime(what.id).kill_tree(what.run);
        } else if constexpr (std::is_same_v<asked_for, core::command::probe>) {
          runtime(what.id).probe(what.run);
        } else if constexpr (std::is_same_v<asked_for, core::command::cancel_probe>) {
          runtime(what.id).cancel_probe();
        } else if constexpr (std::is_same_v<asked_for, core::command::run_hook>) {
          runtime(what.id).run_hook(what.run, what.hook);
        } else if constexpr (std::is_same_v<asked_for, core::command::run_stop_command>) {
          runtime(what.id).run_stop_command(what.run);
        } else if constexpr (std::is_same_v<asked_for, core::command::end_run>) {
          runtime(what.id).end_run(what.run);
        } else {
          static_assert(std::is_same_v<asked_for, core::command::forget>);
          forget_runtime(what.id);
        }
      },
      asked);
}

void driver::record(const core::command::record& asked) {
  const auto& entry = journal_.append(asked.entry);
  counters_.on_entry(entry);
  if (core::is_restart(entry)) restarts_today_.add(entry.at);
  log(level_of(entry), in_words(entry));
  if (const auto id = engine_.find(entry.instance)) changed_.push_back(*id);
}

bool driver::still_wanted(core::instance_id id, core::run_number run) const {
  return engine_.exists(id) && engine_.run_of(id) == run &&
         engine_.state_of(id) == state::starting && !engine_.shutting_down();
}

// The keeper has the pipes of a process before that has them: one message for many of them.
void driver::open_logs_ahead() {
  const auto count = std::min<std::size_t>(spawns_.size(), keeper::most_keys);
  for (std::size_t n = 0; n < count; ++n)
    if (still_wanted(spawns_[n].id, spawns_[n].run)) runtime(spawns_[n].id).log();
  opened_ahead_ = count;
}

void driver::spawn_pending() {
  spawning_ = true;
  const auto until = monotonic_now() + spawn_slice;
  while (!spawns_.empty() && monotonic_now() < until) {
    if (opened_ahead_ == 0) open_logs_ahead();
    --opened_ahead_;
    const auto next = spawns_.front();
    spawns_.pop_front();
    if (still_wanted(next.id, next.run) || found_.count({engine_.name(next.id), next.run})) {
      runtime(next.id).spawn(next.run);
    } else {
      post(core::event::spawn_failed{next.id, next.run, core::event::spawn_fault::transient,
                                     "not wanted any more"});
    }
  }
  if (spawns_.empty()) {
    spawning_ = false;
  } else {
    boost::asio::post(executor_, [this] { spawn_pending(); });
  }
}

void driver::forget_runtime(core::instance_id id) {
  changed_.push_back(id);
  counters_.forget(engine_.name(id));
  if (memory_) memory_->forget(engine_.name(id));
  const auto found = runtimes_.find(static_cast<std::uint32_t>(id));
  if (found == runtimes_.end()) return;
  auto gone = std::shared_ptr<instance_runtime>(std::move(found->second));
  runtimes_.erase(found);
  tasks_.spawn(close_runtime(std::move(gone), engine_.name(id)));
}

boost::asio::awaitable<void> driver::close_runtime(std::shared_ptr<instance_runtime> gone,
                                                   std::string name) {
  co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
  gone->retire_log();
  co_await gone->close();
  if (engine_.find(name)) co_return;  // the name is in use again, and its warnings with it
  warnings_.erase("log of " + name);
  warnings_.erase("watch of " + name);
  warnings_.erase("limits of " + name);
}

void driver::save_desired() {
  // Whoever waits for what is not wanted any more hears of it, also where no state changed.
  for (const waiter* one : waiters_)
    changed_.insert(changed_.end(), one->pending.begin(), one->pending.end());
  store::saved_state wishes;
  for (const auto& entry : engine_.desired())
    wishes.desired.push_back({entry.instance, entry.desired});
  state_.save([wishes = std::move(wishes), path = paths_.state] {
    return store::save_state(path, wishes);
  });
}

boost::asio::awaitable<bool> driver::configuration_kept() {
  return configuration_.tried(longest_write);
}

boost::asio::awaitable<void> driver::wishes_kept() {
  const bool kept = co_await state_.tried(longest_write);
  const auto asked = co_await boost::asio::this_coro::cancellation_state;
  if (!kept && asked.cancelled() == boost::asio::cancellation_type::none)
    warn("state", "what operators asked for is not on the disk yet, which does not answer");
}

boost::asio::awaitable<bool> driver::settled(core::targets who, goal towards,
                                             std::optional<duration> limit) {
  waiter self{{}, towards, boost::asio::steady_timer(executor_)};
  for (const auto id : who)
    if (progress_of(id, towards) == core::progress::pending) self.pending.push_back(id);
  if (self.pending.empty()) co_return true;
  struct registration {
    driver& of;
    waiter& who;
    ~registration() { std::erase(of.waiters_, &who); }
  } entered{*this, self};
  waiters_.push_back(&self);
  self.done.expires_at(limit ? std::chrono::steady_clock::now() + *limit
                             : std::chrono::steady_clock::time_point::max());
  co_await self.done.async_wait(reactor::tok);
  co_return self.pending.empty();
}

core::progress driver::progress_of(core::instance_id id, goal towards) const {
  if (!engine_.exists(id)) return core::progress::done;
  return towards == goal::up ? engine_.towards_up(id) : engine_.towards_down(id);
}

void driver::tell_waiters() {
  if (waiters_.empty()) {
    changed_.clear();
    return;
  }
  std::sort(changed_.begin(), changed_.end());
  for (waiter* one : waiters_) {
    std::erase_if(one->pending, [&](core::instance_id id) {
      return std::binary_search(changed_.begin(), changed_.end(), id) &&
             progress_of(id, one->towards) != core::progress::pending;
    });
    if (one->pending.empty()) one->done.cancel();
  }
  changed_.clear();
}

boost::asio::awaitable<void> driver::stop() {
  stopping_ = true;
  deadline_.cancel();
  renote_.cancel();
  prober_.stop();
  for (auto& [id, runtime] : runtimes_) runtime->request_stop();
  for (auto& [id, runtime] : runtimes_) co_await runtime->close();
  co_await usage_.stop();
  co_await tasks_.join();
  co_await state_.close();
  co_await configuration_.close();
  co_await hub_.stop();
  // All is down, and there is nothing for the next daemon to go on with.
  if (memory_ && engine_.shutting_down() && engine_.down()) {
    memory_.reset();
    for (const auto& path :
         {paths_.journal + ".previous", paths_.journal, paths_.last_exit, paths_.births})
      // One that cannot be removed is emptied: the next daemon must not go on with what has ended.
      if (::unlink(path.c_str()) != 0 && errno != ENOENT && ::truncate(path.c_str(), 0) != 0)
        warn("state",
             fmt::format("cannot remove '{}': {}", path, std::generic_category().message(errno)));
  }
  co_await close_workers();
}

// A worker may be in a read of a dead disk: the loop goes on to hear signals meanwhile.
boost::asio::awaitable<void> driver::close_workers() {
  boost::asio::steady_timer told(executor_, boost::asio::steady_timer::time_point::max());
  bool closed = false;
  workers_.close(executor_, [&] {
    closed = true;
    told.cancel();
  });
  while (!closed) co_await told.async_wait(reactor::tok);
}

instance_runtime& driver::runtime(core::instance_id id) {
  auto& kept = runtimes_[static_cast<std::uint32_t>(id)];
  if (!kept) kept = std::make_unique<instance_runtime>(*this, id);
  return *kept;
}

instance_runtime* driver::find_runtime(core::instance_id id) {
  const auto found = runtimes_.find(static_cast<std::uint32_t>(id));
  return found == runtimes_.end() ? nullptr : found->second.get();
}

void driver::warn(const std::string& about, const std::string& text) {
  if (text.empty()) {
    if (warnings_.erase(about)) log(log_level::info, about + ": all is well again");
    return;
  }
  auto& kept = warnings_[about];
  if (kept == text) return;
  kept = text;
  log(log_level::warning, about + ": " + text);
}

std::vector<std::string> driver::warnings() const {
  std::vector<std::string> texts;
  for (const auto& [about, text] : warnings_) texts.push_back(about + ": " + text);
  return texts;
}

void driver::log(log_level level, const std::string& text) {
  if (!options_.log) return;
  options_.log->write(level, text);
  flush_log_soon();
}

// Once a turn of the loop: hundreds of services that start together are one write.
void driver::flush_log_soon() {
  if (!options_.log || flushing_ || stopping_) return;
  flushing_ = true;
  boost::asio::post(executor_, [this] {
    flushing_ = false;
    options_.log->flush();
  });
}

}  // namespace aurora::shell
