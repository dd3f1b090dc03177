#include "fixture.hpp"

using namespace aurora;
using namespace aurora::test;
using reactor::child;

namespace {

/// Makes the next process of this pid namespace have this number.
void next_pid_is(pid_t pid) { write_file("/proc/sys/kernel/ns_last_pid", std::to_string(pid - 1)); }

struct scene {
  boost::asio::io_context loop;
  puppet_master puppet;

  std::unique_ptr<child> launch(std::vector<std::string> argv,
                                std::vector<std::string> environment) {
    reactor::launch_spec spec;
    spec.argv = std::move(argv);
    spec.environment = std::move(environment);
    return launched(loop, spec);
  }
};

void spare_the_bystander() {
  scene at;
  auto old = at.launch({"/bin/true"}, {});  // unmarked: only its numbers tell
  const pid_t pid = old->pid();
  require(await(at.loop, old->wait()) == exit_status::exited(0), "the old one ended");
  next_pid_is(pid);
  auto bystander = at.launch({puppet_master::program()}, at.puppet.environment());
  require(bystander->pid() == pid, "the number came back");
  at.puppet.meet();
  for (const char* name : {"SIGTERM", "SIGHUP", "SIGUSR1"})
    at.puppet.ask(std::string("count ") + name);
  const auto escaped = at.puppet.ask_pids("escape-unmarked");

  require(!old->signal(SIGTERM), "signal");
  require(!old->signal_group(SIGHUP), "signal_group");
  old->signal_tree(SIGUSR1);
  old->signal_tree(SIGKILL);
  require(old->left_over().empty(), "nothing of it is left");
  require(!old->adopt_main(pid), "adopt");

  require(at.puppet.ask("counted") == "0", "the bystander got no signal");
  require(is_alive(escaped[0]), "nor did what it left behind");
  bystander->signal_tree(SIGKILL);
  require(await(at.loop, bystander->wait()) == exit_status::killed(SIGKILL), "its own status");
  await(at.loop, bystander->gone());
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(reuse, child_fixture)

BOOST_AUTO_TEST_CASE(a_recycled_pid_is_not_hit) {
  BOOST_TEST_MESSAGE("P11, S20: whoever has the number of an ended service now hears nothing");
  if (!is_root()) return;
  BOOST_TEST(as_pid_one(spare_the_bystander));
}

BOOST_AUTO_TEST_SUITE_END()
