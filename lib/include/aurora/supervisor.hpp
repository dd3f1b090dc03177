#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <aurora/spec.hpp>
#include <aurora/status.hpp>

namespace aurora {

struct supervisor_options {
  /// Absolute; logs and pipes live in it. It is made where it is missing, and is of one supervisor,
  /// or aurorad, at a time.
  std::string state_dir;
  std::uint64_t seed = 0;  ///< of the restart jitter
};

/// Supervises a stack of services on the caller's own reactor: for programs that embed Aurora.
///
/// One thread: construct it, call it and run its executor from the same thread (or strand); all
/// supervisors of a process from the same one. It takes no signal handler and waits for no child
/// but its own; a host may have both. Nothing is installed process wide, so several supervisors may
/// live in one process, each in a state directory of its own. A host that wants orphaned
/// grandchildren found wherever they hide calls prctl(PR_SET_CHILD_SUBREAPER) itself.
///
/// Lifetime: `start`, later `co_await stop()`, then destroy; once. Destroying a started one without
/// `stop` is a broken contract (asserted): its services would live on without anybody.
class supervisor {
 public:
  /// `stack` as `load_config` gives it, or made by hand (services sorted by name, dependencies
  /// acyclic). `executor` must outlive the supervisor.
  supervisor(boost::asio::any_io_executor executor, stack_spec stack, supervisor_options options);
  ~supervisor();
  supervisor(const supervisor&) = delete;
  supervisor& operator=(const supervisor&) = delete;

  /// Called for every change of a state or of a health, from the loop. Must not throw. Set before
  /// `start`.
  void on_change(std::function<void(const journal_entry&)> handler);

  /// Starts what is wanted. Throws std::runtime_error where the state directory or the
  /// state in it cannot be used, or is in use; it may be called again then. Reads and writes a few
  /// small files, and blocks for up to 5 s where a process that had the directory is being ended.
  void start();

  /// Stops every service in order and ends every task. Not cancellable: an end is a duty; it takes
  /// no longer than the stack's `shutdown_timeout`.
  boost::asio::awaitable<void> stop();

  /// Ask for services (or instances) by name; empty: all. Returns false when a name is not known:
  /// then nothing was done. They return at once; `on_change` and `status` tell what became of it.
  bool start_services(const std::vector<std::string>& names);
  bool stop_services(const std::vector<std::string>& names);
  bool restart_services(const std::vector<std::string>& names);

  /// Replaces the stack: only services whose own definition changed are restarted.
  void apply(const stack_spec& next);

  /// Every instance, in name order.
  std::vector<instance_status> status() const;

  /// What is wrong beside the services, until it is over: a log or a state that cannot be written,
  /// a limit that cannot be set. A line each; empty: nothing.
  std::vector<std::string> warnings() const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace aurora
