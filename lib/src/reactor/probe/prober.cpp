#include "reactor/probe/prober.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "reactor/child/child.hpp"
#include "reactor/probe/http_probe.hpp"
#include "reactor/readiness/plain_text.hpp"

namespace aurora::reactor {

namespace asio = boost::asio;
using clock = deadline_set::clock;

namespace {

constexpr std::size_t most_text = 200;
constexpr std::size_t most_output = 10 * 1024;
constexpr duration longest = std::chrono::hours(24);

/// "2s", "250ms".
std::string to_text(duration span) {
  using namespace std::chrono;
  const auto whole = duration_cast<milliseconds>(span).count();
  return whole % 1000 == 0 && whole > 0 ? fmt::format("{}s", whole / 1000)
                                        : fmt::format("{}ms", whole);
}

/// "3 ms", and below one "0.4 ms".
std::string took(duration span) {
  const double milliseconds = std::chrono::duration<double, std::milli>(span).count();
  return milliseconds < 1 ? fmt::format("{:.1f} ms", milliseconds)
                          : fmt::format("{:.0f} ms", milliseconds);
}

/// The words that need a clock, and one plain line out of whatever was said.
void finish(probe_outcome& outcome, clock::time_point begun, duration timeout) {
  constexpr std::string_view late = "timed out";
  outcome.took = clock::now() - begun;
  if (outcome.healthy)
    outcome.text += " in " + took(outcome.took);
  else if (outcome.text.starts_with(late))
    outcome.text.insert(late.size(), " after " + to_text(timeout));
  outcome.text = one_line(outcome.text, most_text);
}

asio::awaitable<probe_outcome> probe_exec(exec_request asked, duration timeout) {
  const auto result = co_await run_command(std::move(asked.launch), timeout, most_output);
  probe_outcome outcome;
  outcome.healthy = result.ok();
  outcome.text = outcome.healthy ? "exit code 0" : describe(result);
  co_return outcome;
}

}  // namespace

struct prober::impl {
  std::shared_ptr<probe_room> room;

  static asio::awaitable<probe_outcome> run(std::shared_ptr<probe_room> room, probe_request request,
                                            duration timeout);
};

asio::awaitable<probe_outcome> prober::impl::run(std::shared_ptr<probe_room> room,
                                                 probe_request request, duration timeout) {
  const auto begun = clock::now();
  probe_outcome outcome;
  if (auto* exec = std::get_if<exec_request>(&request)) {
    outcome = co_await probe_exec(std::move(*exec), timeout);
  } else {
    deadline limit(*room->deadlines, begun + std::clamp(timeout, duration::zero(), longest));
    if (const auto* http = std::get_if<http_request>(&request))
      outcome = co_await probe_http(*room, *http, limit);
    else
      outcome = co_await probe_tcp(*room, std::get<tcp_request>(request), limit);
  }
  finish(outcome, begun, timeout);
  co_return outcome;
}

prober::prober(asio::any_io_executor executor, worker_pool& workers)
    : prober(std::move(executor), workers, resolve_by_system) {}

prober::prober(asio::any_io_executor executor, worker_pool& workers, resolve_function resolve)
    : impl_(std::make_unique<impl>()) {
  impl_->room = std::make_shared<probe_room>(std::move(executor), workers, std::move(resolve));
}

prober::~prober() { stop(); }

void prober::stop() {
  impl_->room->deadlines->stop();
  impl_->room->names.close();
}

/// No coroutine itself: what it needs of the prober is taken before the prober can be gone.
asio::awaitable<probe_outcome> prober::probe(probe_request request, duration timeout) {
  return impl::run(impl_->room, std::move(request), timeout);
}

}  // namespace aurora::reactor
