#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/system/result.hpp>

#include <aurora/spec.hpp>

#include "reactor/worker_pool.hpp"

namespace aurora::reactor {

namespace logs {
class hub_core;
}

/// The output of one instance: a FIFO whose write end the service holds, and the file it ends up
/// in. Lives as long as the instance is configured, across its restarts.
class log_channel {
 public:
  virtual ~log_channel() = default;

  /// To be given to the service as 1 and 2 (O_RDWR, so that it never gets SIGPIPE); valid until
  /// `close`.
  virtual int stdout_fd() const = 0;
  virtual int stderr_fd() const = 0;

  /// Moves what the pipe holds to the file now. After the main process ended: everything it wrote.
  virtual void drain() = 0;

  /// Calls `sink` with the bytes as they come and the offset of the first of them (bytes since the
  /// channel was first made: neither rotation nor a restart of the daemon resets it; dropped bytes
  /// keep their offsets), from the loop; while there is a tap nothing is gathered. What waits for a
  /// file that cannot be written is handed over before `tap` returns, so that history up to `bytes`
  /// and the tap meet without a gap. Returns a handle; destroying it ends the tap, also from within
  /// the sink. `sink` must neither throw nor block, nor drain or destroy the channel.
  using sink = std::function<void(std::string_view bytes, std::uint64_t offset)>;
  virtual std::shared_ptr<void> tap(sink to) = 0;

  virtual std::string path() const = 0;       ///< of the current file
  virtual std::uint64_t bytes() const = 0;    ///< written so far: the offset at which the file ends
  virtual std::uint64_t dropped() const = 0;  ///< bytes dropped for want of space, so far
  /// Separate or merged stderr takes effect with the next start of the service.
  virtual void configure(const logs_spec& spec) = 0;

  /// The log of stderr, where it is kept apart (NAME.err.log, with offsets of its own); else null.
  /// Only its tap, path, bytes and dropped are to be used.
  virtual log_channel* separate_stderr() { return nullptr; }
  /// The instance is gone for good: destroying the channel then takes its pipe and marks off the
  /// disk. Its logs stay. Without this call all stays, for the next daemon to find.
  virtual void retire() {}
};

/// All channels of a daemon, behind one descriptor in the reactor: the pipes sit in an epoll set of
/// their own, are read into one shared buffer, and after a small read are left alone for a while so
/// that a chatty service costs a few wake-ups a second and a silent one none.
///
/// How long a pipe is left alone depends on how fast it fills: `gather` while that would not fill
/// an eighth of it, 2 ms for up to 25 times of that, else not at all. A turn of the loop moves 8
/// MiB at most, at most one buffer of each pipe, so a flood delays others by some milliseconds. One
/// thread.
class log_hub {
 public:
  struct options {
    std::string fifo_dir;  ///< STATE/run
    std::string log_dir;   ///< STATE/logs
    duration gather = std::chrono::milliseconds(50);
    std::size_t pipe_size = 1 << 20;
    std::size_t backlog = 1 << 20;  ///< kept per channel while its file cannot be written
    duration retry = std::chrono::seconds(2);  ///< after a write failed
    std::function<void(const std::string& instance, const std::string& fault)>
        on_fault;  ///< once per fault, and "" when over
    /// Files of silent services are closed when more than so many are open.
    std::size_t open_files = 512;
    /// All logs of the folder together, in bytes; 0: no limit. See `limit_total`.
    std::uint64_t max_total_size = 0;
  };
  log_hub(boost::asio::any_io_executor executor, worker_pool& workers, options how);
  ~log_hub();

  /// Makes (or finds) FIFO and file of an instance. `owner`: who may open them, where not root.
  boost::system::result<std::unique_ptr<log_channel>> open(
      const std::string& instance, const logs_spec& spec,
      std::optional<std::pair<uid_t, gid_t>> owner);
  void start();
  boost::asio::awaitable<void> stop();  ///< drains all, flushes, ends
  void reopen();                        ///< SIGUSR1

  /// From now on, after rotations that took all logs of the folder over `bytes`, the rotated files
  /// written to longest ago go, of whatever log, until they are within it. A current file stays, so
  /// that they may be over by what those hold. 0: no limit.
  void limit_total(std::uint64_t bytes);

  /// What the hub did so far, for tests and metrics.
  struct activity {
    std::uint64_t wakes = 0;  ///< by a pipe that was not left alone
    std::uint64_t ticks = 0;  ///< by the timers of those that are
    std::uint64_t reads = 0;
    std::uint64_t bytes = 0;
    std::size_t gathering = 0;  ///< pipes that are left alone right now
  };
  activity counted() const;

 private:
  std::shared_ptr<logs::hub_core> impl_;  // channels hold it too
};

}  // namespace aurora::reactor
