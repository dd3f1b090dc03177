#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>
#include <boost/asio/any_io_executor.hpp>
#include <boost/system/result.hpp>

#include <aurora/time.hpp>

namespace aurora::reactor {

/// What one sd_notify(3) datagram says.
struct notification {
  bool ready = false, stopping = false, watchdog = false, watchdog_trigger = false,
       reloading = false;
  std::optional<std::string> status;
  std::optional<duration> extend_timeout, watchdog_within;
  std::optional<pid_t> main_pid;
};
/// Unknown fields are ignored, malformed values too. Pure and total.
notification parse_notification(std::string_view datagram);

/// The socket of one run that a service notifies through: an abstract address with a random part,
/// so that a service under another user reaches it. Everybody on the machine can send there: what
/// comes from another user (see `accept_only`), from a process that `ours` does not accept (pid by
/// SCM_CREDENTIALS), empty and oversized datagrams are ignored and counted.
///
/// `ours` may cost time: its answers are kept for a second, and while a crowd of unknown pids has
/// used more than 5 ms of the loop within 100 ms, reading rests for what is left of these. Nothing
/// is lost by that: senders wait for room in the kernel's queue.
class notify_socket {
 public:
  using handler = std::function<void(const notification&)>;
  using filter = std::function<bool(pid_t)>;
  static boost::system::result<std::unique_ptr<notify_socket>> open(
      boost::asio::any_io_executor executor, filter ours, handler on_notification);
  /// The socket of a run that an earlier daemon started: `fd`, which takes ownership, or where that
  /// is -1 another one at the same address.
  static boost::system::result<std::unique_ptr<notify_socket>> resume(
      boost::asio::any_io_executor executor, filter ours, handler on_notification,
      std::string address, int fd);
  ~notify_socket();
  const std::string& address() const;  ///< for NOTIFY_SOCKET: "@aurora/…"
  int fd() const;                      ///< borrowed
  std::uint64_t ignored() const;
  /// From here on only datagrams of this user, of root and of the daemon's own user are looked at;
  /// all others are ignored before `ours` is asked. Until then any user's are.
  void accept_only(uid_t service);
  void close();

 private:
  struct impl;
  explicit notify_socket(std::unique_ptr<impl> impl);
  std::unique_ptr<impl> impl_;
};

/// Tells systemd about the daemon itself (READY=1 …) where NOTIFY_SOCKET is set; else does nothing.
void notify_systemd(std::string_view text);

/// How often systemd has to hear WATCHDOG=1 from the process `main` (WATCHDOG_USEC and
/// WATCHDOG_PID, see sd_watchdog_enabled(3)); nothing: it does not listen for it.
std::optional<duration> systemd_watchdog(pid_t main);

/// A pipe on which a service writes a newline when it is ready (`ready: {"fd": N}`).
class ready_pipe {
 public:
  static boost::system::result<std::unique_ptr<ready_pipe>> open(
      boost::asio::any_io_executor executor, std::function<void()> on_ready);
  /// Goes on with the end that an earlier daemon read; takes ownership.
  static boost::system::result<std::unique_ptr<ready_pipe>> resume(
      boost::asio::any_io_executor executor, std::function<void()> on_ready, int fd);
  int own_end() const;  ///< borrowed
  ~ready_pipe();
  int child_end() const;   ///< borrowed until `close_child_end`
  void close_child_end();  ///< after the launch

 private:
  struct impl;
  explicit ready_pipe(std::unique_ptr<impl> impl);
  std::unique_ptr<impl> impl_;
};

/// Watches a log channel's bytes for a line that matches (RE2, linear time); calls back once.
class line_matcher {
 public:
  static boost::system::result<std::unique_ptr<line_matcher>> make(const std::string& pattern);
  ~line_matcher();
  bool feed(std::string_view bytes);  ///< true: a line matched just now (and only once)

 private:
  struct impl;
  explicit line_matcher(std::unique_ptr<impl> impl);
  std::unique_ptr<impl> impl_;
};

}  // namespace aurora::reactor
