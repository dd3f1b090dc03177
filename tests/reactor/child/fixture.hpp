#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <csignal>

#include <sys/prctl.h>
#include <unistd.h>

#include "reactor/child/child.hpp"
#include "support/await.hpp"
#include "support/puppet_master.hpp"

namespace aurora::test {

/// A loop, as subreaper, so that orphans come to the test as they come to the daemon; and after the
/// case: no child left, not even a zombie.
struct child_fixture {
  child_fixture() { ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

  reactor::launch_spec puppet_spec(const puppet_master& master) const {
    reactor::launch_spec spec;
    spec.argv = {puppet_master::program()};
    spec.environment = master.environment();
    spec.working_dir = "/";
    return spec;
  }

  reactor::launch_spec command(std::vector<std::string> argv) const {
    reactor::launch_spec spec;
    spec.argv = std::move(argv);
    spec.environment = {"PATH=/usr/local/bin:/usr/bin:/bin", "AURORA_RUN=" + unique_marker()};
    spec.working_dir = "/";
    return spec;
  }

  std::unique_ptr<reactor::child> start(const reactor::launch_spec& spec) {
    auto started = reactor::child::launch(loop.get_executor(), spec);
    if (started.has_error()) throw std::runtime_error(describe(started.error()));
    return std::move(*started);
  }

  exit_status wait(reactor::child& process) { return await(loop, process.wait()); }

  /// Ends what a case left running.
  void put_down(reactor::child& process) {
    process.signal_tree(SIGKILL);
    wait(process);
    await(loop, process.gone());
  }

  boost::asio::io_context loop;
};

/// A daemon that is not root cannot become somebody else; what needs it is told, not passed over.
inline bool is_root() {
  if (::geteuid() == 0) return true;
  BOOST_TEST_MESSAGE("could not run: needs root");
  return false;
}

}  // namespace aurora::test
