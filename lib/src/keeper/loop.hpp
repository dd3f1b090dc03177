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

/// The keeper's life: sleeps until a signal, a message or the next start is due.
class loop {
 public:
  /// nofile: the limit of descriptors that the reactor is to have.
  loop(const reactor_program& program, const rlimit& nofile);
  int run();

 private:
  bool open();
  void start();
  [[noreturn]] void become_reactor(int link);
  void wait();

  void take_signals();
  void pass_on();
  void reap();
  void reactor_ended(int status);
  void not_started(int error);
  /// Says when the next start is due, in nanoseconds from now.
  std::int64_t start_later();

  bool hear();
  void obey(const parcel& got);
  void hold(const held_key& key, int fd);
  void complain_of_descriptors();
  void notify(const message& what) const;

  void tell();
  bool tell_next();
  bool say_to_reactor(verb what, message& text, const int* fds = nullptr);

  const reactor_program program_;
  const rlimit nofile_;
  held_table held_;
  stranger_ring strangers_;  ///< one may have been forked just before the reactor died
  sockaddr_un manager_{};    ///< $NOTIFY_SOCKET
  socklen_t manager_size_ = 0;

  int signals_ = -1, link_ = -1;
  pid_t reactor_ = 0;             ///< not reaped yet, so that the number is ours; 0: none
  std::uint64_t generation_ = 0;  ///< how many were started
  std::int64_t ready_at_ = 0;     ///< of this reactor; 0: it is not
  std::int64_t start_at_ = 0;
  int crashes_ = 0;                   ///< in a row
  int code_ = -1, leaving_code_ = 0;  ///< that aurorad ends with, once it is known
  bool leaving_ = false, ever_ready_ = false, complained_ = false;
  bool hearing_ = false;          ///< the reactor has its end open
  bool begun_ = false;            ///< it was told so
  sending told_ = sending::done;  ///< how the last message fared
  bool more_ended_ = false;       ///< there are more to be reaped
  sigset_t asked_{};              ///< signals for the reactor
  sigset_t stops_{};  ///< TERM and INT that reactors got: the stop is not done until one leaves
};

}  // namespace aurora::keeper
