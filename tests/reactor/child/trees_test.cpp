#include <algorithm>

#include <sys/prctl.h>
#include <unistd.h>

#include "fixture.hpp"
#include "reactor/child/launcher.hpp"
#include "reactor/child/tree.hpp"

using namespace aurora;
using namespace aurora::test;
using reactor::child;

namespace {

using pids = std::vector<pid_t>;

pids sorted(pids list) {
  std::sort(list.begin(), list.end());
  return list;
}

pids numbers(const std::vector<reactor::process_info>& members) {
  pids list;
  for (const auto& one : members) list.push_back(one.pid);
  return sorted(list);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(trees, child_fixture)

BOOST_AUTO_TEST_CASE(a_daemon_leaves_its_descendant) {
  BOOST_TEST_MESSAGE("P01: the end of a double-forking program is told at once, its daemon found");
  puppet_master puppet;
  auto process = start(puppet_spec(puppet));
  puppet.meet();
  const auto daemon = puppet.ask_pids("double-fork");
  puppet.tell("exit 0");
  BOOST_TEST((wait(*process) == exit_status::exited(0)));
  BOOST_TEST(process->left_over() == daemon);
  process->signal_tree(SIGKILL);
  await(loop, process->gone());
  BOOST_TEST(!is_alive(daemon[0]));
}

BOOST_AUTO_TEST_CASE(escapees_of_escapees_are_all_found) {
  BOOST_TEST_MESSAGE("P04: setsid and double fork, five levels deep, and not one of them stays");
  puppet_master puppet;
  auto process = start(puppet_spec(puppet));
  const pid_t main = puppet.meet();
  auto tree = puppet.ask_pids("setsid-tree 5");
  BOOST_REQUIRE(tree.size() == 5U);
  tree.push_back(main);
  BOOST_TEST(sorted(process->left_over()) == sorted(tree));
  process->signal_tree(SIGKILL);
  BOOST_TEST((wait(*process) == exit_status::killed(SIGKILL)));
  await(loop, process->gone());
  for (const pid_t pid : tree) BOOST_TEST(!is_alive(pid), pid);
}

BOOST_AUTO_TEST_CASE(escapees_are_found_after_their_service_has_ended) {
  BOOST_TEST_MESSAGE("P04: also when nobody who could tell of them is alive any more");
  puppet_master puppet;
  auto process = start(puppet_spec(puppet));
  puppet.meet();
  const auto tree = puppet.ask_pids("setsid-tree 5");
  puppet.tell("exit 3");
  BOOST_TEST((wait(*process) == exit_status::exited(3)));
  BOOST_TEST(sorted(process->left_over()) == sorted(tree));
  process->signal_tree(SIGKILL);
  await(loop, process->gone());
  BOOST_TEST(process->left_over().empty());
}

BOOST_AUTO_TEST_CASE(one_process_is_placed_without_walking_the_tree) {
  BOOST_TEST_MESSAGE("M21: below the leader, escaped from it, or another's: found by its parents");
  puppet_master puppet, other;
  const auto spec = puppet_spec(puppet);
  auto process = start(spec);
  const pid_t main = puppet.meet();
  auto neighbour = start(puppet_spec(other));
  other.meet();
  const auto marker = reactor::environment_value(spec.environment, "AURORA_RUN");
  const reactor::tree_identity tree{main, marker};
  BOOST_TEST(reactor::descends_from(main, tree));
  BOOST_TEST(reactor::descends_from(puppet.ask_pids("fork")[0], tree));
  for (const pid_t escaped : puppet.ask_pids("setsid-tree 5"))
    BOOST_TEST(reactor::descends_from(escaped, tree), escaped);
  const auto daemon = puppet.ask_pids("double-fork")[0];
  BOOST_TEST(reactor::descends_from(daemon, tree));
  BOOST_TEST(!reactor::descends_from(neighbour->pid(), tree));
  BOOST_TEST(!reactor::descends_from(other.ask_pids("fork")[0], tree));
  BOOST_TEST(!reactor::descends_from(other.ask_pids("double-fork")[0], tree));
  for (const pid_t pid : {::getpid(), ::getppid(), pid_t{1}, pid_t{0}, pid_t{-1}})
    BOOST_TEST(!reactor::descends_from(pid, tree), pid);
  put_down(*process);
  put_down(*neighbour);
  BOOST_TEST(!reactor::descends_from(daemon, tree));
}

BOOST_AUTO_TEST_CASE(the_fallback_finds_the_same) {
  BOOST_TEST_MESSAGE("Without the kernel's lists of children a scan of /proc finds the same tree");
  puppet_master puppet;
  auto process = start(puppet_spec(puppet));
  const pid_t main = puppet.meet();
  auto tree = puppet.ask_pids("setsid-tree 3");
  tree.push_back(puppet.ask_pids("fork")[0]);
  tree.push_back(main);
  reactor::process_tree by_files({main, puppet.marker()}), by_table({main, puppet.marker()});
  BOOST_TEST(numbers(by_files.members({main})) == sorted(tree));
  BOOST_TEST(numbers(by_table.members({main}, reactor::family_reader::source::table)) ==
             sorted(tree));
  put_down(*process);
}

BOOST_AUTO_TEST_CASE(who_lost_its_marker_is_known_by_its_session) {
  BOOST_TEST_MESSAGE("A process that cleared its environment still belongs by its session");
  puppet_master puppet;
  auto process = start(puppet_spec(puppet));
  puppet.meet();
  const auto unmarked = puppet.ask_pids("escape-unmarked");
  puppet.tell("exit 0");
  wait(*process);
  BOOST_TEST(process->left_over() == unmarked);
  process->signal_tree(SIGKILL);
  await(loop, process->gone());
}

BOOST_AUTO_TEST_CASE(a_group_is_signalled_after_its_leader) {
  BOOST_TEST_MESSAGE("What is left of the group hears a signal, others of the tree do not");
  puppet_master puppet;
  auto process = start(puppet_spec(puppet));
  puppet.meet();
  const auto inside = puppet.ask_pids("double-fork");
  const auto outside = puppet.ask_pids("escape");
  puppet.tell("exit 0");
  wait(*process);
  BOOST_TEST(process->signal_group(SIGTERM));
  BOOST_TEST(await_end(inside[0]));
  BOOST_TEST(process->left_over() == outside);
  process->signal_tree(SIGTERM);
  await(loop, process->gone());
}

BOOST_AUTO_TEST_CASE(trees_are_not_taken_for_each_other) {
  BOOST_TEST_MESSAGE("Killing one tree leaves the escapees of another alone");
  puppet_master first, second;
  auto one = start(puppet_spec(first));
  auto other = start(puppet_spec(second));
  first.meet();
  second.meet();
  first.ask_pids("setsid-tree 2");
  const auto spared = second.ask_pids("setsid-tree 2");
  second.tell("exit 0");
  wait(*other);
  put_down(*one);
  for (const pid_t pid : spared) BOOST_TEST(is_alive(pid));
  BOOST_TEST(sorted(other->left_over()) == sorted(spared));
  other->signal_tree(SIGKILL);
  await(loop, other->gone());
}

BOOST_AUTO_TEST_CASE(a_fork_bomb_is_put_out) {
  BOOST_TEST_MESSAGE("P19: a bomb of 500 sessions is killed while it goes off, and starts go on");
  puppet_master puppet;
  auto process = start(puppet_spec(puppet));
  puppet.meet();
  puppet.ask("bomb 500");
  process->signal_tree(SIGKILL);
  wait(*process);
  await(loop, process->gone());
  BOOST_TEST(process->left_over().empty());
  BOOST_TEST((wait(*start(command({"true"}))) == exit_status::exited(0)));
  run_until(loop, [] { return own_children().empty(); });
}

BOOST_AUTO_TEST_CASE(without_a_subreaper_they_are_found_at_their_adopter) {
  BOOST_TEST_MESSAGE("In an embedding program orphans go to an ancestor; there they are found");
  ::prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
  puppet_master puppet;
  auto process = start(puppet_spec(puppet));
  puppet.meet();
  const auto tree = puppet.ask_pids("setsid-tree 2");
  puppet.tell("exit 0");
  wait(*process);
  BOOST_TEST(sorted(process->left_over()) == sorted(tree));
  process->signal_tree(SIGKILL);
  await(loop, process->gone());
}

BOOST_AUTO_TEST_SUITE_END()
