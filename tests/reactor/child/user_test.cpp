#include <cerrno>

#include <sys/stat.h>

#include "fixture.hpp"

using namespace aurora;
using namespace aurora::test;
using phase = reactor::launch_error::phase;

namespace {

constexpr auto no_capability =
    " CapInh: 0000000000000000 CapPrm: 0000000000000000 CapEff: 0000000000000000"
    " CapAmb: 0000000000000000 NoNewPrivs: 1";

/// The puppet may lie where only root can go.
std::string reachable_copy(const temp_dir& directory) {
  ::chmod(directory.path().c_str(), 0755);
  const auto copy = directory / "puppet";
  std::filesystem::copy_file(puppet_master::program(), copy);
  return copy;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(users, child_fixture)

BOOST_AUTO_TEST_CASE(privileges_are_gone_for_good) {
  BOOST_TEST_MESSAGE("S17, S18: only the given ids and groups, saved ones too, and no capability");
  if (!is_root()) return;
  temp_dir directory;
  puppet_master puppet;
  auto spec = puppet_spec(puppet);
  spec.argv = {reachable_copy(directory)};
  spec.user = reactor::credentials{65534, 65533, {65532, 65533}};
  auto process = start(spec);
  puppet.meet();
  BOOST_TEST(puppet.ask("creds") ==
             std::string("uid 65534 65534 65534 gid 65533 65533 65533 groups 65532 65533") +
                 no_capability);
  put_down(*process);
}

BOOST_AUTO_TEST_CASE(no_groups_means_none) {
  BOOST_TEST_MESSAGE("S18: root's supplementary groups are dropped, also when none are given");
  if (!is_root()) return;
  temp_dir directory;
  puppet_master puppet;
  auto spec = puppet_spec(puppet);
  spec.argv = {reachable_copy(directory)};
  spec.user = reactor::credentials{65534, 65534, {}};
  auto process = start(spec);
  puppet.meet();
  BOOST_TEST(puppet.ask("creds") ==
             std::string("uid 65534 65534 65534 gid 65534 65534 65534 groups") + no_capability);
  put_down(*process);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_dropped_is_never_run) {
  BOOST_TEST_MESSAGE("S17: a daemon that may not become the user starts nothing, and says why");
  if (!is_root()) return;
  BOOST_TEST(in_fork([&] {
    boost::asio::io_context here;
    require(::setresgid(65534, 65534, 65534) == 0 && ::setresuid(65534, 65534, 65534) == 0,
            "nobody");
    auto spec = command({"/bin/true"});
    spec.user = reactor::credentials{65533, 65533, {}};
    const auto started = reactor::child::launch(here.get_executor(), spec);
    require(started.has_error(), "must be refused");
    require(started.error().where == phase::user && started.error().error == EPERM, "phase, errno");
    require(started.error().path == "uid 65533, gid 65533", "subject");
    // As itself it may run it.
    spec.user = reactor::credentials{65534, 65534, {}};
    auto process = launched(here, spec);
    require(await(here, process->wait()) == exit_status::exited(0), "runs as itself");
  }));
}

BOOST_AUTO_TEST_CASE(the_directory_is_entered_as_the_user) {
  BOOST_TEST_MESSAGE("A directory that the user may not enter fails the start, as in systemd");
  if (!is_root()) return;
  temp_dir directory;  // 0700, root's
  auto spec = command({"/bin/true"});
  spec.user = reactor::credentials{65534, 65534, {}};
  spec.working_dir = directory.path().string();
  const auto error = refused(spec);
  BOOST_TEST((error.where == phase::chdir));
  BOOST_TEST(error.error == EACCES);
  BOOST_TEST(error.path == spec.working_dir);
}

BOOST_AUTO_TEST_SUITE_END()
