#include "tasks.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>

#include <vector>

namespace aurora::ctl {

asio::awaitable<bool> latch::wait(steady::time_point until) {
  while (!set_ && steady::now() < until) {
    timer_.expires_at(until);
    const auto state = co_await asio::this_coro::cancellation_state;
    co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
    if (state.cancelled() != asio::cancellation_type::none) break;
  }
  co_return set_;
}

void tasks::start(asio::awaitable<void> work) {
  const auto it = live_.emplace(live_.end());
  auto finished = [this, it](std::exception_ptr error) {
    live_.erase(it);
    if (error && !fault_) {
      fault_ = error;
      if (on_fault_ != nullptr) on_fault_->set();
    }
    if (live_.empty()) idle_.set();
  };
  asio::co_spawn(executor_, std::move(work),
                 asio::bind_cancellation_slot(it->slot(), std::move(finished)));
}

asio::awaitable<void> tasks::stop() {
  on_fault_ = nullptr;
  const auto had_fault = fault_;
  std::vector<asio::cancellation_signal*> all;
  for (auto& signal : live_) all.push_back(&signal);
  for (auto* signal : all) signal->emit(asio::cancellation_type::terminal);
  while (!live_.empty()) {
    idle_.clear();
    co_await idle_.wait();
  }
  // What a task throws because it was cancelled is no fault.
  if (had_fault) std::rethrow_exception(had_fault);
}

asio::awaitable<int> with(tasks& beside, asio::awaitable<int> body) {
  int code = 0;
  std::exception_ptr fault;
  try {
    code = co_await std::move(body);
  } catch (...) {
    fault = std::current_exception();
  }
  if (!fault) {
    co_await beside.stop();
    co_return code;
  }
  try {
    co_await beside.stop();
  } catch (...) {
    // The verb's own failure is the one to tell.
  }
  std::rethrow_exception(fault);
}

}  // namespace aurora::ctl
