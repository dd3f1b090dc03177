#include <map>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>

#include "fixture.hpp"
#include "reactor/child/marked.hpp"

using namespace aurora;
using namespace aurora::test;
using reactor::child;

namespace {

/// What the keeper is: the parent of orphans, who tells how they ended. Here that is the test.
struct parent_of_orphans : reactor::exit_source {
  explicit parent_of_orphans(boost::asio::io_context& of) : loop(of) {}
  std::optional<exit_status> status_of(pid_t pid) const override {
    const auto found = told.find(pid);
    if (found == told.end()) return std::nullopt;
    return found->second;
  }
  bool hears_of(pid_t) const override { return true; }
  boost::asio::awaitable<exit_status> ended(pid_t pid) override {
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED);
    told[pid] = info.si_code == CLD_EXITED ? exit_status::exited(info.si_status)
                                           : exit_status::killed(info.si_status);
    co_return told[pid];
  }
  void settled(pid_t pid) override { settled_ones.push_back(pid); }

  boost::asio::io_context& loop;
  std::map<pid_t, exit_status> told;
  std::vector<pid_t> settled_ones;
};

/// A program that was launched by a process that is gone.
struct left_behind : child_fixture {
  left_behind() {
    spec = puppet_spec(puppet);
    BOOST_REQUIRE(in_fork([&] {
      boost::asio::io_context own;
      launched(own, spec);
    }));
    pid = puppet.meet();
    identity = *reactor::identity_of(pid);
    for (const auto& each : spec.environment)
      if (each.starts_with("AURORA_RUN=")) marker = each.substr(11);
  }
  reactor::adoption adoption() { return {identity, {}, marker, {}, &parent}; }

  puppet_master puppet;
  reactor::launch_spec spec;
  parent_of_orphans parent{loop};
  pid_t pid = 0;
  reactor::process_identity identity;
  std::string marker;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(foreign_ones, left_behind)

BOOST_AUTO_TEST_CASE(are_taken_over) {
  BOOST_TEST_MESSAGE("The same process, its signals, and its status from whoever reaps it");
  auto process = child::adopt(loop.get_executor(), adoption());
  BOOST_TEST(process->pid() == pid);
  BOOST_TEST(process->left_over() == std::vector<pid_t>{pid});
  BOOST_TEST(process->signal(SIGTERM));
  BOOST_TEST((wait(*process) == exit_status::killed(SIGTERM)));
  BOOST_TEST(parent.settled_ones.empty());
  process->settle();
  BOOST_TEST(parent.settled_ones == std::vector<pid_t>{pid});
  BOOST_TEST(process->left_over().empty());
}

BOOST_AUTO_TEST_CASE(are_known_by_more_than_their_number) {
  BOOST_TEST_MESSAGE(
      "P11: a process with the pid and another start is a stranger: it is not touched");
  auto stranger = adoption();
  ++stranger.leader.started;
  stranger.marker = "another";
  auto process = child::adopt(loop.get_executor(), stranger);
  const auto status = wait(*process);
  BOOST_TEST((status.how == exit_status::kind::unknown));
  BOOST_TEST(describe(status) == "unknown (ended while no daemon ran)");
  BOOST_TEST(!process->signal(SIGKILL));
  BOOST_TEST(!process->signal_group(SIGKILL));
  process->signal_tree(SIGKILL);
  BOOST_TEST(process->left_over().empty());
  BOOST_TEST((reactor::identity_of(pid) == identity));
  auto same = child::adopt(loop.get_executor(), adoption());
  same->signal(SIGKILL);
  wait(*same);
}

BOOST_AUTO_TEST_CASE(may_have_ended_meanwhile) {
  BOOST_TEST_MESSAGE("The status that was kept is told at once");
  puppet.tell("exit 7");
  await(loop, parent.ended(pid));
  auto process = child::adopt(loop.get_executor(), adoption());
  BOOST_TEST((wait(*process) == exit_status::exited(7)));
}

BOOST_AUTO_TEST_CASE(are_killed_with_all_that_descends_from_them) {
  BOOST_TEST_MESSAGE(
      "P04: a double fork in a session of its own, before and after, does not escape");
  puppet.ask_pids("escape");
  auto process = child::adopt(loop.get_executor(), adoption());
  puppet.ask_pids("escape");
  BOOST_TEST(process->left_over().size() == 3u);
  process->signal(SIGKILL);
  wait(*process);
  BOOST_TEST(process->left_over().size() == 2u);
  process->signal_tree(SIGKILL);
  await(loop, process->gone());
  BOOST_TEST(process->left_over().empty());
}

BOOST_AUTO_TEST_CASE(are_not_taken_for_gone_when_nobody_can_look) {
  BOOST_TEST_MESSAGE("M11: without a descriptor to look with, whether it lives is not guessed");
  BOOST_TEST(in_fork([&] {
    boost::asio::io_context here;
    // What needs descriptors itself: the loop, and the sanitizer when it first sees a type.
    const boost::asio::posix::stream_descriptor opens_the_loop(here);
    try {
      throw boost::system::system_error(EMFILE, boost::system::system_category(), "first");
    } catch (const boost::system::system_error& fault) {
      require(fault.code().value() == EMFILE, "EMFILE");
    }
    const rlimit none{0, 4096};
    require(::setrlimit(RLIMIT_NOFILE, &none) == 0, "setrlimit");
    bool refused = false;
    try {
      child::adopt(here.get_executor(), adoption());
    } catch (const boost::system::system_error& fault) {
      refused = fault.code().value() == EMFILE;
    }
    require(refused, "adopt says that it cannot tell");
    try {
      reactor::find_marked(marker);
      refused = false;
    } catch (const boost::system::system_error&) {
    }
    require(refused, "find_marked says that it cannot tell");
  }));
  auto process = child::adopt(loop.get_executor(), adoption());
  process->signal(SIGKILL);
  wait(*process);
}

BOOST_AUTO_TEST_CASE(are_known_by_their_marker_where_their_start_is_not) {
  BOOST_TEST_MESSAGE("The daemon before could not read when it was started");
  auto from = adoption();
  from.leader.started = 0;
  auto process = child::adopt(loop.get_executor(), from);
  BOOST_TEST(process->left_over() == std::vector<pid_t>{pid});
  from.marker = "another";
  auto stranger = child::adopt(loop.get_executor(), from);
  BOOST_TEST(!stranger->signal(SIGKILL));
  process->signal(SIGKILL);
  wait(*process);
}

BOOST_AUTO_TEST_CASE(without_anybody_who_knows_end_unknown) {
  BOOST_TEST_MESSAGE("Where the parent of the process does not tell, its end is told all the same");
  auto from = adoption();
  from.ends = nullptr;
  auto process = child::adopt(loop.get_executor(), from);
  process->signal(SIGKILL);
  const auto status = wait(*process);
  BOOST_TEST(describe(status) == "unknown");
  await(loop, parent.ended(pid));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(own_ones, child_fixture)

BOOST_AUTO_TEST_CASE(tell_their_status_before_they_are_reaped) {
  BOOST_TEST_MESSAGE("Whoever notes it can find the process still there");
  puppet_master puppet;
  auto process = start(puppet_spec(puppet));
  const pid_t pid = puppet.meet();
  std::optional<exit_status> noted;
  bool there = false;
  process->before_reaping([&](const exit_status& status) {
    noted = status;
    there = own_children() == std::vector<pid_t>{pid};
  });
  puppet.tell("exit 3");
  BOOST_TEST((wait(*process) == exit_status::exited(3)));
  BOOST_TEST((noted == exit_status::exited(3)));
  BOOST_TEST(there);
  BOOST_TEST(own_children().empty());
}

BOOST_AUTO_TEST_SUITE_END()
