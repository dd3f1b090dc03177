#include "fixture.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <stdexcept>

#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reactor/child/launch_slots.hpp"

namespace aurora::test {

child_fixture::child_fixture() : reaper(loop.get_executor()) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  reaper.start();
  turn();
  const reactor::launch_slots kept_from_the_first_launch_on(reactor::launch_spec{});
  descriptors_ = open_descriptors();
}

child_fixture::~child_fixture() {
  BOOST_CHECK_NO_THROW(run_until(loop, [] { return own_children().empty(); }));
  BOOST_TEST(open_descriptors() <= descriptors_, "the case leaves descriptors open");
}

void child_fixture::turn() {
  loop.restart();
  loop.poll();
}

reactor::launch_spec child_fixture::puppet_spec(const puppet_master& master) const {
  reactor::launch_spec spec;
  spec.argv = {puppet_master::program()};
  spec.environment = master.environment();
  spec.working_dir = "/";
  return spec;
}

reactor::launch_spec child_fixture::command(std::vector<std::string> argv) const {
  reactor::launch_spec spec;
  spec.argv = std::move(argv);
  spec.environment = {"PATH=/usr/local/bin:/usr/bin:/bin", "AURORA_RUN=" + unique_marker()};
  spec.working_dir = "/";
  return spec;
}

std::unique_ptr<reactor::child> child_fixture::start(const reactor::launch_spec& spec) {
  return launched(loop, spec);
}

std::unique_ptr<reactor::child> launched(boost::asio::io_context& loop,
                                         const reactor::launch_spec& spec) {
  return reactor::child::launch(loop.get_executor(), spec).value();
}

void child_fixture::put_down(reactor::child& process) {
  process.signal_tree(SIGKILL);
  wait(process);
  await(loop, process.gone());
}

reactor::launch_error child_fixture::refused(const reactor::launch_spec& spec) {
  auto started = reactor::child::launch(loop.get_executor(), spec);
  BOOST_REQUIRE(started.has_error());
  return started.error();
}

std::vector<pid_t> own_children() {
  const auto self = std::to_string(::getpid());
  std::ifstream file("/proc/" + self + "/task/" + self + "/children");
  std::vector<pid_t> pids;
  for (pid_t pid = 0; file >> pid;) pids.push_back(pid);
  return pids;
}

double cpu_seconds() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

bool is_root() {
  if (::geteuid() == 0) return true;
  BOOST_TEST_MESSAGE("could not run: needs root");
  return false;
}

bool in_fork(const std::function<void()>& body) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    int code = 0;
    try {
      body();
    } catch (const std::exception& fault) {
      std::fprintf(stderr, "%s\n", fault.what());
      code = 1;
    }
    ::_exit(code);
  }
  int status = -1;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status == 0;
}

bool as_pid_one(const std::function<void()>& body) {
  return in_fork([&] {
    require(::unshare(CLONE_NEWPID | CLONE_NEWNS) == 0, "unshare");
    const bool well = in_fork([&] {
      require(::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "private mounts");
      require(::mount("proc", "/proc", "proc", 0, nullptr) == 0, "a /proc of its own");
      require(::getpid() == 1, "to be pid 1");
      body();
    });
    require(well, "in the pid namespace");
  });
}

void require(bool condition, const std::string& what) {
  if (!condition) throw std::runtime_error("failed: " + what + " (" + std::strerror(errno) + ")");
}

}  // namespace aurora::test
