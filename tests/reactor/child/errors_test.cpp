#include <cerrno>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.hpp"

using namespace aurora;
using namespace aurora::test;
using phase = reactor::launch_error::phase;

namespace {

struct error_fixture : child_fixture {
  /// A file of the case; its whole path.
  std::string file(const std::string& name, const std::string& text, mode_t mode) {
    const auto path = directory / name;
    write_file(path, text);
    ::chmod(path.c_str(), mode);
    return path;
  }

  void expect(const reactor::launch_spec& spec, phase where, int error, const std::string& path,
              const std::string& words) {
    const auto found = refused(spec);
    BOOST_TEST((found.where == where));
    BOOST_TEST(found.error == error);
    BOOST_TEST(found.path == path);
    BOOST_TEST(describe(found).find(words) != std::string::npos, describe(found));
    BOOST_TEST(own_children().empty());
  }

  temp_dir directory;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(errors, error_fixture)

BOOST_AUTO_TEST_CASE(a_missing_program) {
  BOOST_TEST_MESSAGE("P07: ENOENT, with the path, and where it was looked for");
  const auto missing = directory / "missing";
  expect(command({missing}), phase::exec, ENOENT, missing,
         "exec: '" + missing + "' cannot be executed: no such file or directory (ENOENT)");
  expect(command({"no-such-tool"}), phase::exec, ENOENT, "no-such-tool", "nowhere along PATH");
  expect(command({}), phase::exec, EINVAL, "(no command)", "EINVAL");
}

BOOST_AUTO_TEST_CASE(a_missing_interpreter) {
  BOOST_TEST_MESSAGE("P07: a script whose interpreter is missing is not called missing itself");
  const auto script = file("script", "#!/nonexistent/python\n", 0755);
  expect(command({script}), phase::exec, ENOENT, script, "interpreter");
}

BOOST_AUTO_TEST_CASE(a_file_that_may_not_be_executed) {
  BOOST_TEST_MESSAGE("P07: EACCES, for a path and for a name found along PATH");
  const auto plain = file("plain", "#!/bin/sh\n", 0644);
  expect(command({plain}), phase::exec, EACCES, plain, "permission denied (EACCES)");
  auto spec = command({"plain"});
  spec.environment[0] = "PATH=" + directory.path().string() + ":/usr/bin";
  expect(spec, phase::exec, EACCES, plain, "EACCES");
  expect(command({directory.path().string()}), phase::exec, EACCES, directory.path().string(),
         "EACCES");
}

BOOST_AUTO_TEST_CASE(a_file_of_no_format) {
  BOOST_TEST_MESSAGE("P07: ENOEXEC for an empty file that may be executed");
  const auto empty = file("empty", "", 0744);
  expect(command({empty}), phase::exec, ENOEXEC, empty, "'#!'");
}

BOOST_AUTO_TEST_CASE(a_path_through_a_file_and_in_circles) {
  BOOST_TEST_MESSAGE("P07: ENOTDIR and ELOOP keep their names");
  const auto plain = file("plain", "", 0644);
  expect(command({plain + "/program"}), phase::exec, ENOTDIR, plain + "/program", "ENOTDIR");
  const auto circle = directory / "circle";
  BOOST_REQUIRE(::symlink(circle.c_str(), circle.c_str()) == 0);
  expect(command({circle}), phase::exec, ELOOP, circle, "ELOOP");
}

BOOST_AUTO_TEST_CASE(too_many_arguments) {
  BOOST_TEST_MESSAGE("P07: 3 MiB of arguments are E2BIG, and will be the next time");
  const auto spec = command({"/bin/true", std::string(3 << 20, 'x')});
  expect(spec, phase::exec, E2BIG, "/bin/true", "too large");
  BOOST_TEST(!refused(spec).transient());
}

BOOST_AUTO_TEST_CASE(a_program_still_being_written) {
  BOOST_TEST_MESSAGE("ETXTBSY passes by itself: a deployment in progress is no reason to give up");
  const auto copy = directory / "program";
  std::filesystem::copy_file("/bin/true", copy);
  const int writer = ::open(copy.c_str(), O_WRONLY | O_CLOEXEC);
  expect(command({copy}), phase::exec, ETXTBSY, copy, "still writing");
  BOOST_TEST(refused(command({copy})).transient());
  ::close(writer);
  BOOST_TEST((wait(*start(command({copy}))) == exit_status::exited(0)));
}

BOOST_AUTO_TEST_CASE(a_missing_directory) {
  BOOST_TEST_MESSAGE("P07: the working directory is its own phase, never taken for the program");
  auto spec = command({"/bin/true"});
  spec.working_dir = directory / "gone";
  expect(spec, phase::chdir, ENOENT, spec.working_dir, "chdir: cannot enter");
  spec.working_dir = file("plain", "", 0644);
  expect(spec, phase::chdir, ENOTDIR, spec.working_dir, "ENOTDIR");
}

BOOST_AUTO_TEST_CASE(a_limit_that_cannot_be_set) {
  BOOST_TEST_MESSAGE("A limit above what is permitted names the limit and its value");
  auto spec = command({"/bin/true"});
  spec.limits.nofile = std::uint64_t{1} << 40;
  expect(spec, phase::limits, EPERM, "nofile 1099511627776", "limits: cannot set nofile");
}

BOOST_AUTO_TEST_CASE(a_descriptor_that_is_not_open) {
  BOOST_TEST_MESSAGE("A bad descriptor is told before the program runs without it");
  auto spec = command({"/bin/true"});
  spec.stdout_fd = 4000;
  expect(spec, phase::descriptors, EBADF, "stdout", "descriptors: cannot set up stdout");
}

BOOST_AUTO_TEST_CASE(a_cgroup_that_is_not_there) {
  BOOST_TEST_MESSAGE("A cgroup that was removed fails the start instead of escaping its limits");
  auto spec = command({"/bin/true"});
  spec.cgroup = directory / "cgroup";
  expect(spec, phase::cgroup, ENOENT, spec.cgroup, "cgroup: cannot enter");
  spec.cgroup = directory.path().string();  // a directory, but no cgroup
  BOOST_TEST((refused(spec).where == phase::cgroup));
}

BOOST_AUTO_TEST_CASE(no_process_to_be_had) {
  BOOST_TEST_MESSAGE("P09: EAGAIN of fork passes by itself, and starts work again once it has");
  if (!is_root()) return;
  BOOST_TEST(in_fork([&] {
    boost::asio::io_context here;
    rlimit processes{1, 4096};
    require(::setrlimit(RLIMIT_NPROC, &processes) == 0, "setrlimit");
    require(::setresuid(65534, 65534, 65534) == 0, "nobody");
    const auto spec = command({"/bin/true"});
    const auto started = reactor::child::launch(here.get_executor(), spec);
    require(started.has_error(), "must be refused");
    require(started.error().where == phase::fork && started.error().error == EAGAIN, "EAGAIN");
    require(started.error().transient(), "transient");
    processes.rlim_cur = 4096;
    require(::setrlimit(RLIMIT_NPROC, &processes) == 0, "setrlimit");
    auto process = launched(here, spec);
    require(await(here, process->wait()) == exit_status::exited(0), "starts again");
  }));
}

BOOST_AUTO_TEST_CASE(what_is_used_up_is_given_back) {
  BOOST_TEST_MESSAGE(
      "A full epoll (ENOSPC) or table of processes passes by itself, a full disk not");
  const auto transient = [](phase where) {
    return reactor::launch_error{where, ENOSPC, "something"}.transient();
  };
  BOOST_TEST(transient(phase::resources));
  BOOST_TEST(transient(phase::fork));
  BOOST_TEST(!transient(phase::exec));
}

BOOST_AUTO_TEST_CASE(errors_are_told_soon) {
  BOOST_TEST_MESSAGE("P07: told within 200 ms; it takes microseconds");
  const double before = cpu_seconds();
  refused(command({"/nonexistent/program"}));
  BOOST_TEST(cpu_seconds() - before < 0.2);
}

BOOST_AUTO_TEST_SUITE_END()
