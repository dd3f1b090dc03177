#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.hpp"
#include "reactor/child/launcher.hpp"
#include "reactor/child/unique_fd.hpp"

using namespace aurora;
using namespace aurora::test;

namespace {

std::string read_pipe(int fd) {
  char text[256];
  const auto size = ::read(fd, text, sizeof text);
  return std::string(text, size > 0 ? static_cast<std::size_t>(size) : 0);
}

struct pipe_pair {
  pipe_pair() { BOOST_REQUIRE(::pipe2(ends, O_CLOEXEC) == 0); }
  ~pipe_pair() {
    close(0);
    close(1);
  }
  void close(int end) {
    if (ends[end] >= 0) ::close(ends[end]);
    ends[end] = -1;
  }
  int ends[2];
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(launching, child_fixture)

BOOST_AUTO_TEST_CASE(a_child_notes_its_birth) {
  BOOST_TEST_MESSAGE("A child notes its pid before it executes, and not where it cannot");
  reactor::birth_note note;
  auto spec = command({"true"});
  spec.birth = &note;
  const auto process = start(spec);
  BOOST_TEST(note.pid == process->pid());
  BOOST_TEST((wait(*process) == exit_status::exited(0)));
  spec.argv = {"/etc/passwd"};
  BOOST_TEST((refused(spec).where == reactor::launch_error::phase::exec));
  BOOST_TEST(note.pid == 0);
}

BOOST_AUTO_TEST_CASE(a_program_leads_a_session_without_a_terminal) {
  BOOST_TEST_MESSAGE("Each program leads a session and a group of its own, without a terminal");
  puppet_master puppet;
  auto process = start(puppet_spec(puppet));
  const pid_t pid = puppet.meet();
  BOOST_TEST(pid == process->pid());
  const auto own = std::to_string(pid);
  BOOST_TEST(puppet.ask("session") ==
             "pid " + own + " group " + own + " session " + own + " tty none");
  put_down(*process);
}

BOOST_AUTO_TEST_CASE(nothing_is_inherited_but_what_was_given) {
  BOOST_TEST_MESSAGE("Only 0, 1, 2 and the declared descriptor are open, whatever the daemon has");
  const int stray = ::open("/dev/zero", O_RDONLY);  // without CLOEXEC, as Asio's sockets are
  pipe_pair ready;
  puppet_master puppet;
  auto spec = puppet_spec(puppet);
  spec.extra_fd = {7, ready.ends[1]};
  auto process = start(spec);
  puppet.meet();
  BOOST_TEST(puppet.ask("fds") == "0 1 2 7");
  puppet.ask("ready-fd 7");
  BOOST_TEST(read_pipe(ready.ends[0]) == "\n");
  put_down(*process);
  ::close(stray);
}

BOOST_AUTO_TEST_CASE(the_table_of_the_daemon_stays_its_own) {
  BOOST_TEST_MESSAGE("Two thousand open descriptors are neither handed down nor touched");
  std::vector<reactor::unique_fd> many;
  for (int n = 0; n < 2000; ++n) {
    many.emplace_back(::open("/dev/zero", O_RDONLY));
    BOOST_REQUIRE(many.back());
  }
  const int before = open_descriptors();
  pipe_pair out;
  puppet_master puppet;
  auto spec = puppet_spec(puppet);
  spec.stdout_fd = out.ends[1];
  auto process = start(spec);
  puppet.meet();
  BOOST_TEST(puppet.ask("fds") == "0 1 2");
  char zero = 1;
  for (const auto& one : many) BOOST_REQUIRE(::read(one.get(), &zero, 1) == 1);
  put_down(*process);
  // The two ends, the puppet's socket: nothing that the launch kept.
  BOOST_TEST(open_descriptors() <= before + 4);
}

BOOST_AUTO_TEST_CASE(a_pipe_ends_with_its_program) {
  BOOST_TEST_MESSAGE("Nothing of ours keeps a pipe open that only the program is to write to");
  pipe_pair out, extra;
  auto spec = command({"/bin/true"});
  spec.stdout_fd = out.ends[1];
  spec.extra_fd = {5, extra.ends[1]};
  auto process = start(spec);
  out.close(1);
  extra.close(1);
  wait(*process);
  BOOST_TEST(read_pipe(out.ends[0]).empty());
  BOOST_TEST(read_pipe(extra.ends[0]).empty());
}

BOOST_AUTO_TEST_CASE(the_extra_descriptor_may_already_have_its_number) {
  BOOST_TEST_MESSAGE("A descriptor that has the wanted number, or that another needs, is no trap");
  pipe_pair out, extra;
  // Crosswise: each source has the number that the other one is to get.
  const int low = std::min(out.ends[1], extra.ends[1]);
  puppet_master puppet;
  auto spec = puppet_spec(puppet);
  spec.stdout_fd = low;
  spec.extra_fd = {low, low == out.ends[1] ? extra.ends[1] : out.ends[1]};
  auto process = start(spec);
  puppet.meet();
  puppet.ask("out hello");
  puppet.ask("ready-fd " + std::to_string(low));
  const bool straight = low == out.ends[1];
  BOOST_TEST(read_pipe(straight ? out.ends[0] : extra.ends[0]) == "hello\n");
  BOOST_TEST(read_pipe(straight ? extra.ends[0] : out.ends[0]) == "\n");
  put_down(*process);
}

BOOST_AUTO_TEST_CASE(sources_may_be_the_standard_descriptors) {
  BOOST_TEST_MESSAGE(
      "stdout and stderr may come from 0 to 2, crossed over, and stay what they are");
  pipe_pair out, err;
  BOOST_TEST(in_fork([&] {
    boost::asio::io_context here;
    // 2 becomes the child's stdout, 1 its stderr.
    require(::dup2(out.ends[1], 2) == 2 && ::dup2(err.ends[1], 1) == 1, "dup2");
    puppet_master puppet;
    auto spec = puppet_spec(puppet);
    spec.stdout_fd = 2;
    spec.stderr_fd = 1;
    auto process = launched(here, spec);
    puppet.meet();
    puppet.ask("out to out");
    puppet.ask("err to err");
    process->signal(SIGKILL);
    await(here, process->wait());
  }));
  BOOST_TEST(read_pipe(out.ends[0]) == "to out\n");
  BOOST_TEST(read_pipe(err.ends[0]) == "to err\n");
}

BOOST_AUTO_TEST_CASE(standard_input_is_empty) {
  BOOST_TEST_MESSAGE("P21: who reads its input finds the end of it at once");
  puppet_master puppet;
  auto process = start(puppet_spec(puppet));
  puppet.meet();
  BOOST_TEST(puppet.ask("stdin") == "end");
  put_down(*process);
  auto cat = start(command({"cat"}));
  BOOST_TEST((wait(*cat) == exit_status::exited(0)));
}

BOOST_AUTO_TEST_CASE(the_state_of_the_daemon_is_not_inherited) {
  BOOST_TEST_MESSAGE("P22: mask, dispositions, umask, limits and environment are a fresh process'");
  BOOST_TEST(in_fork([&] {
    boost::asio::io_context here;
    rlimit files{256, 4096};
    require(::setrlimit(RLIMIT_NOFILE, &files) == 0, "setrlimit");
    reactor::raise_own_limits();
    ::getrlimit(RLIMIT_NOFILE, &files);
    require(files.rlim_cur == 4096, "the daemon's own limit is raised");
    for (const int number : {SIGPIPE, SIGHUP, SIGCHLD, SIGINT}) ::signal(number, SIG_IGN);
    ::signal(SIGCHLD, SIG_DFL);
    ::signal(SIGTERM, [](int) {});
    sigset_t all;
    ::sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, nullptr);
    ::umask(0);
    ::setenv("SECRET", "canary", 1);
    puppet_master puppet;
    auto process = launched(here, puppet_spec(puppet));
    puppet.meet();
    require(puppet.ask("mask") == "blocked 0000000000000000 ignored 0000000000000000", "mask");
    require(puppet.ask("umask") == "022", "umask");
    require(puppet.ask("limits").find("nofile 256 4096") == 0, "the original limit");
    require(puppet.ask("env").find("canary") == std::string::npos, "environment");
    require(puppet.ask("cwd") == "/", "working directory");
    process->signal(SIGKILL);
    await(here, process->wait());
  }));
}

BOOST_AUTO_TEST_CASE(limits_umask_nice_and_directory_are_as_asked) {
  BOOST_TEST_MESSAGE("What the specification asks for is what the program finds");
  temp_dir directory;
  puppet_master puppet;
  auto spec = puppet_spec(puppet);
  spec.working_dir = directory.path().string();
  spec.umask = 077;
  spec.nice = 5;
  spec.limits.nofile = 123;
  spec.limits.core = byte_count{0};
  spec.limits.memory = byte_count{std::uint64_t{1} << 30};
  auto process = start(spec);
  puppet.meet();
  BOOST_TEST(puppet.ask("umask") == "077");
  BOOST_TEST(puppet.ask("nice") == "5");
  BOOST_TEST(puppet.ask("cwd") == directory.path().string());
  BOOST_TEST(puppet.ask("limits") == "nofile 123 123 core 0 0 memory 1073741824 1073741824");
  put_down(*process);
}

BOOST_AUTO_TEST_CASE(services_are_killed_before_the_daemon) {
  BOOST_TEST_MESSAGE("P16: out of memory takes a service rather than the daemon");
  BOOST_TEST(in_fork([&] {
    boost::asio::io_context here;
    reactor::protect_from_oom();
    puppet_master puppet;
    auto process = launched(here, puppet_spec(puppet));
    puppet.meet();
    const int own = std::stoi(read_file("/proc/self/oom_score_adj"));
    const int service = std::stoi(puppet.ask("oom-score"));
    // Without CAP_SYS_RESOURCE, as in many a container, the service's is raised instead.
    require(own < service && (own == -900 || service == own + 100), "the scores");
    process->signal(SIGKILL);
    await(here, process->wait());
  }));
}

BOOST_AUTO_TEST_CASE(a_program_is_found_along_the_path_of_its_own_environment) {
  BOOST_TEST_MESSAGE("argv[0] is looked up along the service's PATH, argv itself stays as written");
  temp_dir directory;
  write_file(directory / "tool", "#!/bin/sh\nexit 7\n");
  ::chmod((directory / "tool").c_str(), 0755);
  auto spec = command({"tool"});
  spec.environment[0] = "PATH=/nowhere:" + directory.path().string();
  BOOST_TEST((wait(*start(spec)) == exit_status::exited(7)));
  spec.environment[0] = "PATH=.";  // seen from the working directory, not from the daemon's
  spec.working_dir = directory.path().string();
  BOOST_TEST((wait(*start(spec)) == exit_status::exited(7)));
  spec.argv = {"./tool"};
  BOOST_TEST((wait(*start(spec)) == exit_status::exited(7)));
}

BOOST_AUTO_TEST_CASE(a_thousand_starts_leave_nothing_open) {
  BOOST_TEST_MESSAGE(
      "O2, O3: a thousand starts, half of them failing, leak no descriptor, no zombie");
  const auto good = command({"/bin/true"});
  const auto bad = command({"/nonexistent/program"});
  wait(*start(good));
  const int before = open_descriptors();
  for (int n = 0; n < 500; ++n) {
    BOOST_REQUIRE((wait(*start(good)) == exit_status::exited(0)));
    BOOST_REQUIRE(refused(bad).error == ENOENT);
  }
  BOOST_TEST(open_descriptors() == before);
  BOOST_TEST(own_children().empty());
}

BOOST_AUTO_TEST_SUITE_END()
