#pragma once

#include <csignal>
#include <cstdint>

#include <sys/resource.h>
#include <sys/un.h>

#include "keeper/held_table.hpp"
#include "keeper/keeper.hpp"
#include "keeper/link.hpp"
#include "keeper/stranger_ring.hpp"

namespace aurora::keeper {

/// So many messages and ends between two looks at the signals.
constexpr int most_in_a_turn = 1024;

/// CLOCK_MONOTONIC in nanoseconds.
std::int64_t now();

/// The keeper's life: sleeps until a signal, a message or the next start is due. Lives in memory of
/// its own, which is given on when another program takes the place of this one: zeroed, it has not
/// begun. For that its descriptors are not close-on-exec; it executes nothing else.
class loop {
 public:
  /// One that has not begun, or that of `memory`. Null: it cannot be had, errno says why.
  static loop* in(int memory);
  /// nofile: the limit of descriptors that the reactor is to have.
  bool begin(const reactor_program& program, const rlimit& nofile);
  /// For another program in its place. False: it is another process' or of another layout.
  bool resume(const reactor_program& program);
  int run();

 private:
  /// Of another program: none is asked for; the next reactor is of it, or this one, on trial; or
  /// all are, since it has passed.
  enum class trial { none, next, running, passed };

  bool open_signals();
  void find_manager();
  void start();
  [[noreturn]] void become_reactor(int link);
  void execute(const char* role, int fd);
  void wait();

  void take_signals();
  void pass_on();
  void reap();
  void reactor_ended(int status);
  void not_started(int error);
  /// Says when the next start is due, in nanoseconds from now.
  std::int64_t start_later();
  void try_program();
  void go_back();
  void forget_program();
  void end_trial();

  bool hear();
  void obey(const parcel& got);
  void hold(const held_key& key, int fd);
  void complain_of_descriptors();
  void notify(const message& what) const;

  void tell();
  bool tell_next();
  bool say_to_reactor(verb what, message& text, const int* fds = nullptr);

  int layout_;
  pid_t pid_;
  int memory_;
  reactor_program program_;
  rlimit nofile_;
  held_table held_;
  stranger_ring strangers_;  ///< one may have been forked just before the reactor died
  sockaddr_un manager_;      ///< $NOTIFY_SOCKET
  socklen_t manager_size_;

  int signals_, link_;
  pid_t reactor_;             ///< not reaped yet, so that the number is ours; 0: none
  std::uint64_t generation_;  ///< how many were started
  std::int64_t ready_at_;     ///< of this reactor; 0: it is not
  std::int64_t start_at_;
  int crashes_;              ///< in a row
  int code_, leaving_code_;  ///< that aurorad ends with, once it is known
  bool leaving_, ever_ready_, complained_;
  bool hearing_;     ///< the reactor has its end open
  bool begun_;       ///< it was told so
  sending told_;     ///< how the last message fared
  bool more_ended_;  ///< there are more to be reaped
  sigset_t asked_;   ///< signals for the reactor
  sigset_t stops_;   ///< TERM and INT that reactors got: the stop is not done until one leaves
  trial trial_;
  std::int64_t trial_until_;  ///< while it is running
  standing how_;              ///< that the next reactor is told
};

}  // namespace aurora::keeper
