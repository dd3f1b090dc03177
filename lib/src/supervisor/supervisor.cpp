#include <aurora/supervisor.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/assert.hpp>

#include <unistd.h>

#include <optional>
#include <stdexcept>
#include <utility>

#include "supervisor/clock.hpp"
#include "supervisor/driver.hpp"
#include "supervisor/state_dir.hpp"

namespace aurora {

struct supervisor::impl : server::observer {
  impl(boost::asio::any_io_executor executor, stack_spec stack, supervisor_options options)
      : down(executor, boost::asio::steady_timer::time_point::max()),
        of(executor, std::move(stack), driver_options(std::move(options))) {}

  shell::driver::options driver_options(supervisor_options asked) {
    shell::driver::options how;
    how.state_dir = std::move(asked.state_dir);
    how.seed = asked.seed;
    how.on_down = [this](std::optional<int>) {
      is_down = true;
      down.cancel();
    };
    return how;
  }

  void on_entry(const journal_entry& entry) override {
    if (told) told(entry);
  }

  std::optional<core::targets> resolve(const std::vector<std::string>& names) {
    auto& engine = of.engine();
    if (names.empty()) return engine.instances();
    core::targets found;
    for (const auto& name : names) {
      const auto some = engine.resolve(name);
      if (some.empty()) return std::nullopt;
      found.insert(found.end(), some.begin(), some.end());
    }
    return found;
  }

  template <class Event>
  bool ask(const std::vector<std::string>& names) {
    auto who = resolve(names);
    if (who) of.post(Event{std::move(*who)});
    return who.has_value();
  }

  std::optional<shell::state_lock> lock;  ///< while it is started
  bool started = false;
  bool is_down = false;
  std::function<void(const journal_entry&)> told;
  boost::asio::steady_timer down;
  shell::driver of;
};

supervisor::supervisor(boost::asio::any_io_executor executor, stack_spec stack,
                       supervisor_options options)
    : impl_(std::make_unique<impl>(std::move(executor), std::move(stack), std::move(options))) {}

supervisor::~supervisor() {
  BOOST_ASSERT_MSG(!impl_->started, "a supervisor is stopped before it is destroyed");
}

void supervisor::on_change(std::function<void(const journal_entry&)> handler) {
  impl_->told = std::move(handler);
}

void supervisor::start() {
  if (auto ready = shell::prepare(impl_->of.paths()); !ready)
    throw std::runtime_error(ready.error());
  auto lock = shell::state_lock::take(impl_->of.paths().lock, ::getpid());
  if (!lock) throw std::runtime_error(lock.error());
  if (auto loaded = impl_->of.load(); !loaded) throw std::runtime_error(loaded.error());
  impl_->lock.emplace(std::move(*lock));
  impl_->started = true;
  impl_->of.entries().observe(*impl_);
  impl_->of.open();
  impl_->of.begin();
}

boost::asio::awaitable<void> supervisor::stop() {
  co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
  if (!impl_->started) co_return;
  impl_->of.post(core::event::shutdown{});
  while (!impl_->is_down) co_await impl_->down.async_wait(reactor::tok);
  co_await impl_->of.stop();
  impl_->of.entries().forget(*impl_);
  impl_->lock.reset();
  impl_->started = false;
}

bool supervisor::start_services(const std::vector<std::string>& names) {
  return impl_->ask<core::event::start>(names);
}
bool supervisor::stop_services(const std::vector<std::string>& names) {
  return impl_->ask<core::event::stop>(names);
}
bool supervisor::restart_services(const std::vector<std::string>& names) {
  return impl_->ask<core::event::restart>(names);
}

void supervisor::apply(const stack_spec& next) { impl_->of.apply(next); }

std::vector<instance_status> supervisor::status() const {
  auto& engine = impl_->of.engine();
  const auto now = shell::monotonic_now();
  std::vector<instance_status> shown;
  for (const auto id : engine.instances()) shown.push_back(engine.status(id, now));
  return shown;
}

std::vector<std::string> supervisor::warnings() const { return impl_->of.warnings(); }

}  // namespace aurora
