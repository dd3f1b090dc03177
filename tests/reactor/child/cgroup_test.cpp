#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include <sys/stat.h>
#include <unistd.h>

#include "fixture.hpp"
#include "reactor/child/cgroup.hpp"

using namespace aurora;
using namespace aurora::test;
namespace unit_test = boost::unit_test;

namespace {

/// The cases of `inside` run in a second process of this program, in a cgroup made for it.
constexpr auto inside_key = "AURORA_TEST_CGROUP";

struct only_inside {
  unit_test::assertion_result operator()(unit_test::test_unit_id) const {
    return unit_test::assertion_result(std::getenv(inside_key) != nullptr);
  }
};

std::string scratch_cgroup() {
  const auto own = reactor::own_cgroup(reactor::read_small_file("/proc/self/cgroup"),
                                       reactor::read_small_file("/proc/self/mountinfo"));
  const auto directory = own + "/aurora-test-" + std::to_string(::getpid());
  if (own.empty() || ::mkdir(directory.c_str(), 0755) != 0) return {};
  return directory;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(cgroups, child_fixture)

BOOST_AUTO_TEST_CASE(the_own_cgroup_is_read_from_proc) {
  BOOST_TEST_MESSAGE("Unified, hybrid, bind-mounted and absent hierarchies are told apart");
  using reactor::own_cgroup;
  const std::string unified = "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n";
  const std::string hybrid =
      "28 27 0:25 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
      "29 27 0:26 / /sys/fs/cgroup/unified rw shared:9 - cgroup2 cgroup2 rw\n";
  BOOST_TEST(own_cgroup("0::/a.slice/b.service\n", unified) == "/sys/fs/cgroup/a.slice/b.service");
  BOOST_TEST(own_cgroup("4:memory:/x\n0::/y\n", hybrid) == "/sys/fs/cgroup/unified/y");
  BOOST_TEST(own_cgroup("0::/\n", unified) == "/sys/fs/cgroup");
  BOOST_TEST(own_cgroup("0::/box/inner\n", "1 1 0:1 /box /mnt/c\\040g rw - cgroup2 none rw\n") ==
             "/mnt/c g/inner");
  BOOST_TEST(own_cgroup("0::/boxer\n", "1 1 0:1 /box /mnt rw - cgroup2 none rw\n").empty());
  BOOST_TEST(own_cgroup("4:memory:/x\n", hybrid).empty());
  BOOST_TEST(own_cgroup("0::/y\n", "").empty());
}

BOOST_AUTO_TEST_CASE(oom_kills_are_counted) {
  BOOST_TEST_MESSAGE("P16: the kernel's count of OOM kills is read, whatever stands around it");
  temp_dir directory;
  const auto path = directory.path().string();
  BOOST_TEST(reactor::cgroup_oom_kills(path) == 0U);
  write_file(directory / "memory.events",
             "low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 1\n");
  BOOST_TEST(reactor::cgroup_oom_kills(path) == 2U);
}

BOOST_AUTO_TEST_CASE(in_a_cgroup_of_its_own) {
  BOOST_TEST_MESSAGE("Runs the cases of `inside` where cgroups can be made");
  if (std::getenv(inside_key)) return;
  const auto directory = scratch_cgroup();
  if (directory.empty()) {
    BOOST_TEST_MESSAGE("could not run: no cgroup can be made here");
    return;
  }
  auto spec = command({"/proc/self/exe", "--run_test=inside", "--report_level=no",
                       "--color_output=no", "--log_level=message"});
  spec.argv[0] = std::filesystem::read_symlink("/proc/self/exe").string();
  spec.environment.push_back(std::string(inside_key) + "=1");
  spec.stdout_fd = STDOUT_FILENO;
  spec.stderr_fd = STDERR_FILENO;
  spec.cgroup = directory;
  auto process = start(spec);
  BOOST_TEST((wait(*process) == exit_status::exited(0)));
  BOOST_TEST(process->left_over().empty());
  reactor::remove_cgroup(directory);
  BOOST_TEST(!std::filesystem::exists(directory));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(inside, *unit_test::precondition(only_inside()))

BOOST_FIXTURE_TEST_CASE(a_service_is_born_and_dies_in_its_cgroup, child_fixture) {
  BOOST_TEST_MESSAGE("P04: with cgroups whoever escapes is still in, and goes at one stroke");
  puppet_master puppet;
  auto spec = puppet_spec(puppet);
  spec.cgroup = reactor::make_cgroup("web@1", {});
  BOOST_REQUIRE(spec.cgroup == reactor::cgroup_root() + "/service-web@1");
  auto process = start(spec);
  const pid_t main = puppet.meet();
  BOOST_TEST(puppet.ask("cgroup").find("/service-web@1") != std::string::npos);
  auto tree = puppet.ask_pids("setsid-tree 5");
  tree.push_back(puppet.ask_pids("escape-unmarked")[0]);
  tree.push_back(main);
  auto found = process->left_over();
  std::sort(found.begin(), found.end());
  std::sort(tree.begin(), tree.end());
  BOOST_TEST(found == tree);
  process->signal_tree(SIGKILL);
  BOOST_TEST((wait(*process) == exit_status::killed(SIGKILL)));
  await(loop, process->gone());
  BOOST_TEST(process->left_over().empty());
  run_until(loop, [] { return own_children().empty(); });
  reactor::remove_cgroup(spec.cgroup);
  BOOST_TEST(!std::filesystem::exists(spec.cgroup));
}

BOOST_FIXTURE_TEST_CASE(a_fork_bomb_in_a_cgroup_is_put_out, child_fixture) {
  BOOST_TEST_MESSAGE("P19: cgroup.kill leaves no fork time to happen");
  puppet_master puppet;
  auto spec = puppet_spec(puppet);
  spec.cgroup = reactor::make_cgroup("bomb", {});
  auto process = start(spec);
  puppet.meet();
  puppet.ask("bomb 500");
  process->signal_tree(SIGKILL);
  wait(*process);
  await(loop, process->gone());
  BOOST_TEST(!reactor::cgroup_populated(spec.cgroup));
  run_until(loop, [] { return own_children().empty(); });
  reactor::remove_cgroup(spec.cgroup);
}

BOOST_FIXTURE_TEST_CASE(a_used_cgroup_is_used_again, child_fixture) {
  BOOST_TEST_MESSAGE("A cgroup with somebody in it is not removed, and is no error to make again");
  puppet_master puppet;
  auto spec = puppet_spec(puppet);
  spec.cgroup = reactor::make_cgroup("again", {});
  auto process = start(spec);
  puppet.meet();
  reactor::remove_cgroup(spec.cgroup);
  BOOST_TEST(reactor::make_cgroup("again", {}) == spec.cgroup);
  put_down(*process);
  ::mkdir((spec.cgroup + "/inner").c_str(), 0755);
  reactor::remove_cgroup(spec.cgroup);
  BOOST_TEST(!std::filesystem::exists(spec.cgroup));
}

BOOST_FIXTURE_TEST_CASE(limits_that_cannot_be_had_are_told_once, child_fixture) {
  BOOST_TEST_MESSAGE("A missing controller is a warning, once; memory is then limited otherwise");
  limits_spec limits;
  limits.memory = byte_count{std::uint64_t{64} << 20};
  limits.cpu = 0.5;
  limits.tasks = 64;
  reactor::take_cgroup_warnings();
  puppet_master puppet;
  auto spec = puppet_spec(puppet);
  spec.limits = limits;
  spec.cgroup = reactor::make_cgroup("limited", limits);
  std::size_t missing = 0;
  for (const char* control : {"memory.max", "cpu.max", "pids.max"})
    missing += std::filesystem::exists(spec.cgroup + "/" + control) ? 0U : 1U;
  BOOST_TEST(reactor::take_cgroup_warnings().size() == missing);
  reactor::make_cgroup("limited", limits);
  BOOST_TEST(reactor::take_cgroup_warnings().empty());
  auto process = start(spec);
  puppet.meet();
  if (std::filesystem::exists(spec.cgroup + "/memory.max")) {
    puppet.tell("eat-memory 1073741824");
    const auto status = wait(*process);
    BOOST_TEST((status.why == exit_status::cause::oom), "P16: the kernel's OOM kill is told");
  } else {
    BOOST_TEST(puppet.ask("limits").find("memory 67108864 67108864") != std::string::npos);
    put_down(*process);
  }
  reactor::remove_cgroup(spec.cgroup);
}

BOOST_AUTO_TEST_SUITE_END()
