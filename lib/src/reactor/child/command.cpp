#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <string_view>

#include <fmt/format.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <fcntl.h>
#include <unistd.h>

#include "reactor/child/child.hpp"
#include "reactor/child/launcher.hpp"
#include "reactor/child/unique_fd.hpp"
#include "reactor/readiness/plain_text.hpp"
#include "reactor/task_scope.hpp"

namespace aurora::reactor {
namespace {

namespace asio = boost::asio;
using stream = asio::posix::stream_descriptor;

/// How long a killed command may take to be gone: one in an uninterruptible wait must not hold its
/// caller for ever.
constexpr auto kill_grace = std::chrono::seconds(2);

constexpr std::size_t most_shown = 200;

struct running {
  running(asio::any_io_executor executor, std::size_t most)
      : output(executor), bell(executor), most_output(most), tasks(executor) {}

  void keep(const char* data, std::size_t size) {
    result.output.append(data, std::min(size, most_output - result.output.size()));
  }

  std::unique_ptr<child> process;
  stream output;
  asio::steady_timer bell;  ///< rung when the process ended; else the limit
  std::size_t most_output;
  bool ended = false;  ///< the main process
  bool gone = false;   ///< all of it
  command_result result;
  task_scope tasks;
};

/// An AURORA_RUN of its own, recognisable as the service's.
void mark(std::vector<std::string>& environment) {
  static std::atomic<std::uint64_t> next{0};
  const auto own = environment_value(environment, "AURORA_RUN");
  std::erase_if(environment, [](const auto& entry) { return entry.starts_with("AURORA_RUN="); });
  environment.push_back(fmt::format("AURORA_RUN={}/command-{}-{}", own, ::getpid(), next++));
}

std::optional<launch_error> start(running& own, launch_spec& spec) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    return launch_error{launch_error::phase::resources, errno, "a pipe"};
  const unique_fd write_end(ends[1]);
  unique_fd read_end(ends[0]);
  ::fcntl(read_end.get(), F_SETFL, O_NONBLOCK);
  boost::system::error_code error;
  own.output.assign(read_end.get(), error);
  if (error) return launch_error{launch_error::phase::resources, error.value(), "a pipe"};
  read_end.release();
  mark(spec.environment);
  spec.stdout_fd = spec.stderr_fd = write_end.get();
  spec.extra_fd.reset();
  auto process = child::launch(own.output.get_executor(), spec);
  if (process.has_error()) return process.error();
  own.process = std::move(*process);
  return std::nullopt;
}

asio::awaitable<void> collect(running& own) {
  std::array<char, 4096> buffer;
  for (;;) {
    const auto [error, size] = co_await own.output.async_read_some(asio::buffer(buffer), tok);
    own.keep(buffer.data(), size);
    if (error) co_return;
  }
}

/// What was written before the end and not read yet; whoever holds the pipe still is not waited
/// for.
void collect_rest(running& own) {
  std::array<char, 4096> buffer;
  constexpr int most_reads = 256;  // a pipe full
  for (int n = 0; n < most_reads; ++n) {
    const auto size = ::read(own.output.native_handle(), buffer.data(), buffer.size());
    if (size <= 0) return;
    own.keep(buffer.data(), static_cast<std::size_t>(size));
  }
}

asio::awaitable<void> follow(running& own) {
  own.result.status = co_await own.process->wait();
  own.ended = true;
  own.bell.cancel();
}

asio::awaitable<void> follow_tree(running& own) {
  co_await own.process->gone();
  own.gone = true;
  own.bell.cancel();
}

/// Kills the tree and sees it gone, within the grace.
asio::awaitable<void> put_down(running& own) {
  const auto deadline = asio::steady_timer::clock_type::now() + kill_grace;
  own.process->signal_tree(SIGKILL);
  own.bell.expires_at(deadline);
  if (!own.ended) co_await own.bell.async_wait(tok);
  own.bell.expires_at(deadline);
  own.tasks.spawn(follow_tree(own));
  if (!own.gone) co_await own.bell.async_wait(tok);
}

/// "250ms", "10s": as one writes it in the configuration.
std::string limit_text(duration limit) {
  const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(limit);
  if (time.count() % 1000 == 0) return fmt::format("{}s", time.count() / 1000);
  return fmt::format("{}ms", time.count());
}

std::string_view last_line(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
    text.remove_suffix(1);
  const auto start = text.rfind('\n');
  return start == std::string_view::npos ? text : text.substr(start + 1);
}

}  // namespace

bool command_result::ok() const {
  return !timed_out && !not_started && status.how == exit_status::kind::exited && status.code == 0;
}

std::string describe(const command_result& result) {
  if (result.not_started) return describe(*result.not_started);
  auto text = result.timed_out ? fmt::format("timed out after {}", limit_text(result.limit))
                               : describe(result.status);
  // Written by a stranger, and kept as the evidence of a failure: short, and safe to show.
  const auto line = one_line(last_line(result.output), most_shown);
  if (!line.empty()) text += fmt::format(": {}", line);
  return text;
}

asio::awaitable<command_result> run_command(launch_spec spec, duration limit,
                                            std::size_t most_output) {
  const auto executor = co_await asio::this_coro::executor;
  running own(executor, most_output);
  own.result.limit = limit;
  own.result.not_started = start(own, spec);
  if (own.result.not_started) co_return std::move(own.result);
  own.bell.expires_after(limit);
  own.tasks.spawn(collect(own));
  own.tasks.spawn(follow(own));
  bool passed = false;
  if (!own.ended) {
    const auto [error] = co_await own.bell.async_wait(tok);
    passed = !error;
  }
  // From here on there is a duty, also when the caller gave up: nothing of the command stays.
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  if (!own.ended) {
    own.result.timed_out = passed;
    co_await put_down(own);
  }
  own.tasks.request_stop();
  co_await own.tasks.join();
  collect_rest(own);
  co_return std::move(own.result);
}

}  // namespace aurora::reactor
