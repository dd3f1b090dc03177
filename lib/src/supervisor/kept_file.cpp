#include "supervisor/kept_file.hpp"

#include <chrono>
#include <utility>

#include "server/on_worker.hpp"

namespace aurora::shell {
namespace {

/// As for logs: a disk that was full may have room again.
constexpr auto retry_after = std::chrono::seconds(2);

}  // namespace

kept_file::kept_file(boost::asio::any_io_executor executor, reactor::worker_pool& workers,
                     std::function<void(const std::string&)> told)
    : workers_(workers), told_(std::move(told)), pause_(executor), tasks_(executor) {}

void kept_file::save(writing next) {
  next_ = std::move(next);
  ++asked_;
  pause_.cancel();
  if (!std::exchange(writing_, true)) tasks_.spawn(write());
}

boost::asio::awaitable<void> kept_file::write() {
  co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
  while (next_) {
    const auto now = std::exchange(next_, nullptr);
    const auto reached = asked_;
    auto work = now;
    const auto written = co_await server::on_worker(workers_, std::move(work));
    told_(written ? std::string() : written.error());
    tried_ = reached;
    for (auto* one : waiting_) one->cancel();
    if (written || next_) continue;
    if (closing_) break;
    next_ = now;
    pause_.expires_after(retry_after);
    co_await pause_.async_wait(reactor::tok);
  }
  writing_ = false;
}

boost::asio::awaitable<bool> kept_file::tried(std::chrono::steady_clock::duration limit) {
  const auto goal = asked_;
  boost::asio::steady_timer turn(pause_.get_executor());
  turn.expires_after(limit);
  struct registration {
    std::vector<boost::asio::steady_timer*>& among;
    boost::asio::steady_timer* who;
    ~registration() { std::erase(among, who); }
  } entered{waiting_, &turn};
  waiting_.push_back(&turn);
  // Who is cancelled has done what was asked for, and has that to tell: no exception.
  auto asked = co_await boost::asio::this_coro::cancellation_state;
  while (tried_ < goal && turn.expiry() > std::chrono::steady_clock::now() &&
         asked.cancelled() == boost::asio::cancellation_type::none) {
    co_await turn.async_wait(reactor::tok);
    asked = co_await boost::asio::this_coro::cancellation_state;
  }
  co_return tried_ >= goal;
}

boost::asio::awaitable<void> kept_file::close() {
  closing_ = true;
  pause_.cancel();
  co_await tasks_.join();
}

}  // namespace aurora::shell
