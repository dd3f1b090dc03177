#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "keeper/keeper.hpp"
#include "keeper/link.hpp"

namespace aurora::test {

/// What a reactor of the tests has: the real link, and two pipes to the test.
class fake_reactor {
 public:
  fake_reactor(int link, int reports, int orders)
      : link_(link), reports_(reports), orders_(orders) {}

  /// Reads all that is handed over. Throws when the keeper is gone.
  void begin();
  /// Waits for one message, and takes it.
  keeper::verb hear();

  void hold(keeper::kind kind, const std::string& name, std::int64_t number, int fd);
  void release(keeper::kind kind, const std::string& name, std::int64_t number);
  void settled(pid_t pid);
  void ready() { send(keeper::verb::ready); }
  void leaving(int code);
  void notify(const std::string& text);
  /// Waits for room.
  void send(const keeper::message& text, const int* fds = nullptr);
  void send(keeper::verb what);

  void report(const std::string& line);
  /// The next line of the test. Ends this process when the test is over.
  std::string order();
  /// The next signal, taken.
  int signal();
  [[noreturn]] void crash();

  int link() const { return link_; }

  std::uint64_t generation = 0;
  pid_t keeper_pid = 0;
  keeper::standing standing{};
  std::map<std::string, int> held;     ///< by "KIND name number"
  std::multimap<pid_t, int> statuses;  ///< raw, in the order they were told

 private:
  int link_, reports_, orders_;
};

/// A keeper in a process of its own, whose reactors are calls of `body`.
class kept {
 public:
  using reactor_body = std::function<int(fake_reactor&)>;
  /// before: runs in the keeper's process.
  explicit kept(reactor_body body, std::function<void()> before = {});
  /// Kills what is left of it.
  ~kept();
  kept(const kept&) = delete;
  kept& operator=(const kept&) = delete;

  /// The next line that a reactor reports, or "" when all have ended.
  std::string line();
  /// The next line on the keeper's stderr.
  std::string complaint();
  void order(const std::string& line);
  void signal(int number);
  /// The raw status of the keeper.
  int wait();
  /// Its exit code.
  int code();
  pid_t pid() const { return pid_; }

 private:
  int reports_ = -1, orders_ = -1, complaints_ = -1;
  pid_t pid_ = -1;
};

/// Both ends, close-on-exec.
struct pipe_ends {
  pipe_ends();
  int in, out;
};

/// A child of this process that exits with `code`, or dies by a signal (-code), when a byte comes
/// through `gate` or nobody can send one any more.
pid_t fork_waiting(const pipe_ends& gate, int code);
int pidfd_of(pid_t pid);
/// Until the process of a pidfd has ended (it may be left a zombie).
void await_end(int pidfd);

/// "signal 9" or "exit 3".
std::string told(int status);

}  // namespace aurora::test
