// A program of yours with a life of its own: an io_context, a handler of SIGCHLD, a child that it
// forks and waits for itself. Beside that two supervisors keep three programs running on the same
// io_context. It ends with 0 where everything went as it says here; libaurora(3) tells the rest.
#include <aurora/supervisor.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

namespace asio = boost::asio;

namespace {

constexpr auto tok = asio::as_tuple(asio::use_awaitable);

void expect(bool holds, const std::string& what) {
  if (!holds) throw std::runtime_error("not so: " + what);
  std::cout << "consumer: " << what << "\n";
}

// What is to run. Every field has the default of the same key in aurora.json(5).
aurora::service_spec program(std::string name) {
  aurora::service_spec service;
  service.name = std::move(name);
  service.command = {{"/bin/sleep"}, {"1000"}};
  service.working_dir = "/";
  service.restart.delay = std::chrono::milliseconds(1);
  return service;
}

aurora::stack_spec stack(std::string name, std::vector<aurora::service_spec> sorted_by_name) {
  aurora::stack_spec all;
  all.name = std::move(name);
  all.services = std::move(sorted_by_name);
  return all;
}

// Something changed somewhere: whoever waits looks again.
class changes {
 public:
  explicit changes(asio::io_context& io) : told_(io, asio::steady_timer::time_point::max()) {}

  void watch(aurora::supervisor& which) {
    which.on_change([this](const aurora::journal_entry&) { told_.cancel(); });
  }

  template <class Condition>
  asio::awaitable<void> until(Condition holds) {
    while (!holds()) co_await told_.async_wait(tok);
  }

 private:
  asio::steady_timer told_;
};

bool all_run(const aurora::supervisor& supervisor) {
  for (const auto& one : supervisor.status())
    if (one.state != aurora::state::running) return false;
  return true;
}

// The usual way to learn of one's own child, and Aurora leaves it alone: the handler is called, and
// the status is there to be taken. Never wait for -1: that would take the children of others.
asio::awaitable<int> status_of(pid_t pid, asio::signal_set& sigchld) {
  int status = 0;
  do {
    co_await sigchld.async_wait(asio::use_awaitable);
  } while (::waitpid(pid, &status, WNOHANG) != pid);
  co_return status;
}

asio::awaitable<void> live(asio::io_context& io, const std::string& folder) {
  asio::signal_set sigchld(io, SIGCHLD);
  changes changed(io);

  // Two supervisors, each with a state directory of its own; `web` waits until `api` is ready.
  auto web = program("web");
  web.depends_on = {{"api"}};
  aurora::supervisor shop(io.get_executor(), stack("shop", {program("api"), web}),
                          {folder + "/shop"});
  aurora::supervisor office(io.get_executor(), stack("office", {program("mail")}),
                            {folder + "/office"});
  changed.watch(shop);
  changed.watch(office);
  shop.start();
  office.start();
  co_await changed.until([&] { return all_run(shop) && all_run(office); });
  expect(shop.status().size() == 2 && office.status().size() == 1, "three programs run");

  // A child of our own, beside those of Aurora.
  const pid_t own = ::fork();
  if (own == 0) ::_exit(7);
  auto ending = status_of(own, sigchld);
  const int status = co_await std::move(ending);
  expect(WIFEXITED(status) && WEXITSTATUS(status) == 7, "our own child ended with 7");

  // One of Aurora's dies, and is back; nobody else notices.
  const auto api_pid = shop.status().at(0).pid;
  const auto mail_pid = office.status().at(0).pid;
  ::kill(*shop.status().at(1).pid, SIGKILL);
  co_await changed.until([&] { return shop.status().at(1).restarts == 1 && all_run(shop); });
  const auto back = shop.status();
  expect(back.at(1).last_exit == aurora::exit_status::killed(SIGKILL),
         "web was killed, and is back");
  expect(back.at(0).pid == api_pid && office.status().at(0).pid == mail_pid, "the others ran on");

  // An end is a duty: a supervisor that was started is stopped before it goes.
  co_await shop.stop();
  expect(!shop.status().at(0).pid && !shop.status().at(1).pid, "the shop is closed");
  expect(all_run(office), "the office runs on");
  co_await office.stop();
  expect(!office.status().at(0).pid, "the office is closed");
}

}  // namespace

int main() {
  std::string folder = std::filesystem::temp_directory_path() / "aurora-consumer-XXXXXX";
  if (!::mkdtemp(folder.data())) return EXIT_FAILURE;

  int code = EXIT_FAILURE;
  asio::io_context io;
  asio::steady_timer limit(io, std::chrono::minutes(1));
  limit.async_wait([](boost::system::error_code cancelled) {
    if (cancelled) return;
    std::cerr << "consumer: what was to come next did not come within a minute" << std::endl;
    std::_Exit(EXIT_FAILURE);
  });
  asio::co_spawn(io, live(io, folder), [&](const std::exception_ptr& fault) {
    limit.cancel();
    if (fault) std::rethrow_exception(fault);
    code = EXIT_SUCCESS;
  });
  io.run();
  std::filesystem::remove_all(folder);
  return code;
}
