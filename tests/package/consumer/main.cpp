// An embedding program: it supervises a child on its own io_context, sees it run, has it killed and
// brought back, and stops it. Ends with 0 where all of that happened.
#include <aurora/supervisor.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>

namespace asio = boost::asio;

namespace {

aurora::stack_spec one_child() {
  aurora::service_spec child;
  child.name = "child";
  child.command = {{"/bin/sleep"}, {"1000"}};
  child.working_dir = "/";
  child.restart.delay = std::chrono::milliseconds(1);
  aurora::stack_spec stack;
  stack.name = "embedded";
  stack.http_listen = "off";
  stack.services = {child};
  return stack;
}

struct lives {
  int seen = 0;
  int first_pid = 0;
};

asio::awaitable<void> stop(aurora::supervisor& supervisor, asio::steady_timer& limit) {
  co_await supervisor.stop();
  limit.cancel();
}

int fail(const std::string& why) {
  std::cerr << "consumer: " << why << "\n";
  return EXIT_FAILURE;
}

}  // namespace

int main() {
  std::string folder = std::filesystem::temp_directory_path() / "aurora-consumer-XXXXXX";
  if (!::mkdtemp(folder.data())) return fail("cannot make a folder");

  asio::io_context io;
  aurora::supervisor_options options;
  options.state_dir = folder;
  aurora::supervisor supervisor(io.get_executor(), one_child(), options);

  asio::steady_timer limit(io, std::chrono::seconds(30));
  limit.async_wait([&io](boost::system::error_code cancelled) {
    if (!cancelled) io.stop();
  });

  lives child;
  supervisor.on_change([&](const aurora::journal_entry& entry) {
    if (entry.to != aurora::state::running || entry.from == entry.to) return;
    const auto status = supervisor.status().at(0);
    if (++child.seen == 1) {
      child.first_pid = status.pid.value();
      ::kill(child.first_pid, SIGKILL);
      return;
    }
    asio::co_spawn(io, stop(supervisor, limit), [](const std::exception_ptr& fault) {
      if (fault) std::rethrow_exception(fault);
    });
  });
  supervisor.start();
  io.run();

  const auto end = supervisor.status().at(0);
  std::filesystem::remove_all(folder);
  if (child.seen != 2) return fail("it ran " + std::to_string(child.seen) + " times, not twice");
  if (end.pid) return fail("it still runs");
  if (end.restarts != 1)
    return fail("it counts " + std::to_string(end.restarts) + " restarts, not one");
  std::cout << "consumer: pid " << child.first_pid << " was killed, brought back and stopped\n";
  return EXIT_SUCCESS;
}
