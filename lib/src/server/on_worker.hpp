#pragma once

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include "reactor/task_scope.hpp"
#include "reactor/worker_pool.hpp"

namespace aurora::server {

/// Runs `work` on a worker and gives its result back to the loop, which stays alive meanwhile.
/// `work` owns all it touches. Cancellation ends the waiting, not the work: operation_aborted; so
/// does a pool that is closed already.
template <class Work>
boost::asio::awaitable<std::invoke_result_t<Work>> on_worker(reactor::worker_pool& workers,
                                                             Work work) {
  using result = std::invoke_result_t<Work>;
  struct shared {
    explicit shared(const boost::asio::any_io_executor& executor)
        : done(executor, boost::asio::steady_timer::time_point::max()) {}
    boost::asio::steady_timer done;
    std::optional<result> value;
  };
  if (workers.is_closed()) throw boost::system::system_error(boost::asio::error::operation_aborted);
  const boost::asio::any_io_executor executor = co_await boost::asio::this_coro::executor;
  const boost::asio::any_io_executor tracked =
      boost::asio::prefer(executor, boost::asio::execution::outstanding_work.tracked);
  const auto state = std::make_shared<shared>(executor);
  auto finish = [state](result value) {
    state->value = std::move(value);
    state->done.cancel();
  };
  workers.run(tracked, std::move(work), std::move(finish));
  while (!state->value) co_await state->done.async_wait(reactor::tok);
  co_return std::move(*state->value);
}

}  // namespace aurora::server
