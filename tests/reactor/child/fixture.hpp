#pragma once

#include <csignal>
#include <functional>

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include "reactor/child/child.hpp"
#include "support/await.hpp"
#include "support/puppet_master.hpp"

namespace aurora::test {

/// A loop in a subreaper that reaps its orphans, as the daemon is. After the case no child is left,
/// not even a zombie, and no descriptor.
struct child_fixture {
  child_fixture();
  ~child_fixture();

  reactor::launch_spec puppet_spec(const puppet_master& master) const;
  /// Of a command with PATH and a marker of its own.
  reactor::launch_spec command(std::vector<std::string> argv) const;

  std::unique_ptr<reactor::child> start(const reactor::launch_spec& spec);
  exit_status wait(reactor::child& process) { return await(loop, process.wait()); }
  /// Ends all of it, and waits until it is gone.
  void put_down(reactor::child& process);
  /// The error of a launch that must fail.
  reactor::launch_error refused(const reactor::launch_spec& spec);

  /// Runs what is ready, and waits for nothing.
  void turn();

  boost::asio::io_context loop;
  reactor::orphan_reaper reaper;

 private:
  int descriptors_ = 0;
};

/// For in_fork(): the loop of the fixture shares its epoll with the parent there.
std::unique_ptr<reactor::child> launched(boost::asio::io_context& loop,
                                         const reactor::launch_spec& spec);

/// Children of this process that nobody has reaped, dead or alive.
std::vector<pid_t> own_children();

/// Processor time of this process: what a bound on cost is held against, for the wall's time
/// depends on what else the machine does.
double cpu_seconds();

/// What only root can try; says so where it could not run.
bool is_root();

/// Runs `body` in a forked process, for what must not touch the test's own (limits, namespaces).
/// False, after a message on stderr, when it threw.
bool in_fork(const std::function<void()>& body);
/// The same as pid 1 of a pid namespace with a /proc of its own. Needs root.
bool as_pid_one(const std::function<void()>& body);
/// For in there, where Boost.Test's own checks would be lost.
void require(bool condition, const std::string& what);

}  // namespace aurora::test
