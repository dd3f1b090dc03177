#pragma once

#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

namespace aurora::test {

/// Turns the loop until `done()`; throws after the limit, which only a test that fails reaches.
template <class Done>
void run_until(boost::asio::io_context& loop, Done done,
               std::chrono::milliseconds limit = std::chrono::seconds(30)) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!done()) {
    loop.restart();
    if (loop.run_one_until(deadline) == 0 && std::chrono::steady_clock::now() >= deadline)
      throw std::runtime_error("the loop did not come to an end in time");
  }
}

/// Runs one coroutine to its end on the loop; its result, or what it threw.
template <class T>
T await(boost::asio::io_context& loop, boost::asio::awaitable<T> task,
        std::chrono::milliseconds limit = std::chrono::seconds(30)) {
  std::optional<T> result;
  std::exception_ptr error;
  bool done = false;
  boost::asio::co_spawn(loop, std::move(task), [&](std::exception_ptr fault, T value) {
    error = fault;
    if (!fault) result.emplace(std::move(value));
    done = true;
  });
  run_until(
      loop, [&] { return done; }, limit);
  if (error) std::rethrow_exception(error);
  return std::move(*result);
}

inline void await(boost::asio::io_context& loop, boost::asio::awaitable<void> task,
                  std::chrono::milliseconds limit = std::chrono::seconds(30)) {
  std::exception_ptr error;
  bool done = false;
  boost::asio::co_spawn(loop, std::move(task), [&](std::exception_ptr fault) {
    error = fault;
    done = true;
  });
  run_until(
      loop, [&] { return done; }, limit);
  if (error) std::rethrow_exception(error);
}

}  // namespace aurora::test
