#pragma once

#include <aurora/exit_status.hpp>
#include <aurora/time.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "keeper/protocol.hpp"
#include "reactor/child/unique_fd.hpp"

namespace aurora::reactor {

/// Handed over by the keeper. `fd` is none where this process had no descriptor left for it; the
/// keeper has it still.
struct held_descriptor {
  keeper::kind kind;
  std::string name;
  std::int64_t number;
  unique_fd fd;
};

struct ended_process {
  pid_t pid;
  exit_status status;
  instant when;
};

/// The reactor's end of the link to the keeper. Used from the loop's thread only. What it is told
/// to send is queued, in order, and never blocks: sent at the end of the turn, or by `flush`.
class keeper_link {
 public:
  /// Reads what the keeper hands over; blocks until it has said `begin`. Owns the link. The error:
  /// the keeper is gone, or the descriptor is no link.
  static boost::system::result<std::unique_ptr<keeper_link>> take_over(
      boost::asio::any_io_executor executor, int link);
  /// After `stop`, or without `start`.
  ~keeper_link();
  keeper_link(const keeper_link&) = delete;
  keeper_link& operator=(const keeper_link&) = delete;

  /// All that was held before this reactor; once.
  std::vector<held_descriptor> take_held();
  /// What had ended, or ends, and is not settled.
  std::vector<ended_process> ended_processes() const;
  /// 0: the first reactor of this keeper.
  std::uint64_t generation() const;
  pid_t keeper_pid() const;
  /// Of this reactor, as last told: whether its program is on trial, or goes on after another one
  /// has failed.
  keeper::standing standing() const;

  /// Of a process that the keeper reaped; nothing: not (yet), or it is settled.
  std::optional<exit_status> status_of(pid_t pid) const;
  /// Hears what the keeper has to say about a process that is gone. It tells of each as soon as it
  /// has reaped it: where nothing comes within 100 ms it is none of its, and no other is waited for
  /// any more. Blocks; for the time of taking over.
  void catch_up(pid_t pid);
  /// Until the keeper tells the end of `pid`, at once where it already did; `unknown` when the
  /// keeper is gone. Any number of waiters. On terminal cancellation throws operation_aborted.
  boost::asio::awaitable<exit_status> ended(pid_t pid);

  /// The keeper holds a duplicate under this key, in place of what it held under it. A process: its
  /// pid and its pidfd. Names longer than held_key::longest_name are refused: false.
  bool hold(keeper::kind kind, std::string_view name, std::int64_t number, int fd);
  /// The keeper closes its own; of a process it forgets the end, too.
  void release(keeper::kind kind, std::string_view name, std::int64_t number);
  /// The end of `pid` has been dealt with and saved: nobody needs to be told again.
  void settled(pid_t pid);
  /// All that had ended before has been looked at: the keeper forgets strangers from now on.
  void ready();
  /// This reactor is about to end for good; aurorad exits with `code`. Sent by `stop` at the
  /// latest.
  void leaving(int code);
  /// This reactor is about to end, and the next one is to be of the program that is held. Sent by
  /// `stop` at the latest.
  void replace();
  /// To the service manager, up to keeper::most_text bytes; nothing happens where there is none.
  void notify(std::string_view text);
  /// Sends now what the link takes: before a fork, so that nothing forked later is known earlier.
  void flush();

  /// False once the keeper is gone; `on_gone` was or is about to be called, once.
  bool alive() const;
  std::function<void()> on_gone;

  void start();
  /// Ends the tasks, sends what is queued (a keeper that does not read is given a second), and
  /// answers whoever waits with `unknown`.
  boost::asio::awaitable<void> stop();

 private:
  struct impl;
  explicit keeper_link(std::unique_ptr<impl> state);
  std::unique_ptr<impl> impl_;
};

}  // namespace aurora::reactor
