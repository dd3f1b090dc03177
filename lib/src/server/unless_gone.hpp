#pragma once

#include <optional>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>

#include "server/connection.hpp"

namespace aurora::server {

/// Awaits `work` while the client is there. Returns: its result; nothing where the client went
/// first (then `work` was cancelled and has ended).
template <class T>
boost::asio::awaitable<std::optional<T>> unless_gone(connection& client,
                                                     boost::asio::awaitable<T> work) {
  namespace asio = boost::asio;
  namespace experimental = boost::asio::experimental;
  const auto executor = co_await asio::this_coro::executor;
  auto race =
      experimental::make_parallel_group(asio::co_spawn(executor, std::move(work), asio::deferred),
                                        asio::co_spawn(executor, client.hang_up(), asio::deferred));
  auto [order, fault, result, ignored] =
      co_await race.async_wait(experimental::wait_for_one(), asio::use_awaitable);
  if (order[0] == 1) co_return std::nullopt;
  if (fault) std::rethrow_exception(fault);
  co_return std::optional<T>(std::move(result));
}

}  // namespace aurora::server
