// spawns NUMBER: that many programs start and end under two supervisors, as fast as it goes, and at
// the end this process is what it was: as many descriptors, no zombie, and everything that a
// process has but once (handlers, umask, limits, cgroup …) untouched. Ends with 0 where that is so.
#include <aurora/supervisor.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

constexpr auto tok = asio::as_tuple(asio::use_awaitable);
constexpr unsigned warm_up = 200;          // starts after which everything is there that stays
constexpr unsigned for_each_of_ours = 50;  // starts for each child that this program forks itself

std::ptrdiff_t descriptors() {
  const fs::directory_iterator open("/proc/self/fd");
  return std::distance(begin(open), end(open));
}

std::string content(const char* file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// What there is but once in a process.
struct belongings {
  std::vector<void (*)(int)> handlers;
  std::vector<int> blocked;
  mode_t mask = 0;
  int subreaper = 0;
  rlim_t files = 0;
  std::string cgroup = content("/proc/self/cgroup");
  std::string oom_score = content("/proc/self/oom_score_adj");
  std::string folder = fs::current_path();

  belongings() {
    sigset_t now;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &now);
    for (int number = 1; number < NSIG; ++number) {
      struct sigaction action {};
      if (::sigaction(number, nullptr, &action) == 0) handlers.push_back(action.sa_handler);
      blocked.push_back(::sigismember(&now, number));
    }
    mask = ::umask(0);
    ::umask(mask);
    ::prctl(PR_GET_CHILD_SUBREAPER, &subreaper, 0, 0, 0);
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    files = limit.rlim_cur;
  }
  bool operator==(const belongings&) const = default;
};

/// Programs that end at once, and are started again at once.
aurora::stack_spec short_lives(const std::string& name) {
  aurora::service_spec again;
  again.name = "again";  // the same in both supervisors
  again.command = {{"/bin/true"}};
  again.working_dir = "/";
  again.instances = 32;  // each is started ten times a second at most
  again.restart.delay = std::chrono::milliseconds(1);
  again.restart.factor = 1;
  again.restart.limit = 0;
  aurora::stack_spec stack;
  stack.name = name;
  stack.services = {again};
  return stack;
}

/// Two supervisors, and children of its own beside them.
struct host {
  explicit host(const std::string& home) : folder(home) {}

  std::unique_ptr<aurora::supervisor> supervise(const std::string& name) {
    auto made = std::make_unique<aurora::supervisor>(
        io.get_executor(), short_lives(name), aurora::supervisor_options{folder + "/" + name, 1});
    made->on_change([this](const aurora::journal_entry& entry) { count(entry); });
    return made;
  }

  void count(const aurora::journal_entry& entry) {
    if (entry.because.exit && entry.because.exit->how == aurora::exit_status::kind::unknown)
      ++unknown;
    if (entry.to != aurora::state::running || entry.from == entry.to) return;
    ++started;
    if (started % for_each_of_ours == 0) fork_one();
    changed.cancel();
  }

  void fork_one() {
    const int code = static_cast<int>(ours.size() % 100);
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(code);
    ours.push_back({pid, code});
  }

  struct own_child {
    pid_t pid;
    int code;
  };

  std::string folder;
  unsigned started = 0;
  unsigned unknown = 0;  ///< ends whose status somebody else took
  std::vector<own_child> ours;
  asio::io_context io;
  asio::steady_timer changed{io, asio::steady_timer::time_point::max()};
};

volatile std::sig_atomic_t children_told = 0;

void on_sigchld(int) { children_told = 1; }

/// Whether every child that was forked here can be waited for here, and ended as it should.
bool all_ours(const host& of) {
  return std::all_of(of.ours.begin(), of.ours.end(), [](const auto& child) {
    int status = 0;
    return ::waitpid(child.pid, &status, 0) == child.pid && WIFEXITED(status) &&
           WEXITSTATUS(status) == child.code;
  });
}

int faults = 0;

void expect(bool holds, const std::string& what) {
  if (!holds) ++faults;
  (holds ? std::cout : std::cerr) << "spawns: " << (holds ? "" : "not so: ") << what << "\n";
}

/// Two supervisors until so many programs were started.
asio::awaitable<void> supervise(host& all, unsigned starts) {
  const auto one = all.supervise("one"), two = all.supervise("two");
  one->start();
  two->start();
  const auto enough = all.started + starts;
  while (all.started < enough) co_await all.changed.async_wait(tok);
  co_await one->stop();
  co_await two->stop();
}

asio::awaitable<void> run(host& all, unsigned wanted) {
  const belongings before;
  co_await supervise(all, warm_up);
  const auto after_few = descriptors();
  co_await supervise(all, wanted);
  const auto after_all = descriptors();
  expect(after_all == after_few, "after a few starts there were " + std::to_string(after_few) +
                                     " descriptors, after all of them " +
                                     std::to_string(after_all));
  expect(before == belongings(), "nothing of the process was touched");
}

}  // namespace

int main(int count, char** words) {
  const auto wanted = static_cast<unsigned>(count == 2 ? std::strtoul(words[1], nullptr, 10) : 0);
  std::string folder = fs::temp_directory_path() / "aurora-spawns-XXXXXX";
  if (wanted == 0 || !::mkdtemp(folder.data())) return EXIT_FAILURE;

  struct sigaction own {};
  own.sa_handler = on_sigchld;  // without SA_RESTART: calls of the library are interrupted, too
  ::sigaction(SIGCHLD, &own, nullptr);

  host all(folder);
  asio::co_spawn(all.io, run(all, wanted), [](const std::exception_ptr& fault) {
    if (fault) std::rethrow_exception(fault);
  });
  all.io.run();
  fs::remove_all(folder);

  expect(children_told != 0, "the handler of SIGCHLD was called");
  expect(all.unknown == 0, "no end of a supervised program was missed");
  expect(all_ours(all),
         std::to_string(all.ours.size()) + " children of our own ended as they should");
  expect(::waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD,
         "no other child and no zombie is left");
  std::cout << "spawns: " << all.started << " starts\n";
  return faults == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
