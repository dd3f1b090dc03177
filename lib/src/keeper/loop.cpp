#include "keeper/loop.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <utility>

#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keeper/say.hpp"

namespace aurora::keeper {
namespace {

constexpr std::int64_t ms = 1'000'000, second = 1'000 * ms;
constexpr std::int64_t first_delay = 100 * ms, longest_delay = 5 * second;
/// A reactor that has lived so long since it was ready is started again at once.
constexpr std::int64_t well_after = 10 * second;
/// So long before its end a ready reactor may not have registered what it had forked.
constexpr std::int64_t unregistered_for = second;
/// A message that the kernel refuses is tried again.
constexpr std::int64_t refused_for = 100 * ms;
constexpr int passed_on[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2};

bool is_stop(int signal) { return signal == SIGTERM || signal == SIGINT; }

}  // namespace

std::int64_t now() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * second + time.tv_nsec;
}

bool loop::begin(const reactor_program& program, const rlimit& nofile) {
  layout_ = layout;
  pid_ = ::getpid();
  program_ = program;
  nofile_ = nofile;
  link_ = code_ = -1;
  find_manager();
  return open_signals();
}

int loop::run() {
  while (code_ < 0) {
    if (reactor_ == 0 && now() >= start_at_) start();
    tell();
    wait();
  }
  ::close(signals_);
  held_.close();
  return code_;
}

bool loop::open_signals() {
  sigset_t wanted;
  sigemptyset(&wanted);
  sigaddset(&wanted, SIGCHLD);
  for (const int number : passed_on) sigaddset(&wanted, number);
  signals_ = ::signalfd(-1, &wanted, SFD_NONBLOCK);
  return signals_ >= 0;
}

void loop::find_manager() {
  const char* manager = std::getenv("NOTIFY_SOCKET");
  const std::size_t length = manager != nullptr ? std::strlen(manager) : 0;
  if (length <= 1 || length >= sizeof manager_.sun_path || !std::strchr("/@", *manager)) return;
  manager_.sun_family = AF_UNIX;
  std::memcpy(manager_.sun_path, manager, length);
  if (*manager == '@') manager_.sun_path[0] = '\0';
  manager_size_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
}

void loop::start() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) != 0) return not_started(errno);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::close(ends[0]);
    become_reactor(ends[1]);
  }
  const int error = errno;
  ::close(ends[1]);
  if (pid < 0) {
    ::close(ends[0]);
    return not_started(error);
  }
  ++generation_;
  reactor_ = pid;
  link_ = ends[0];
  hearing_ = true;
  begun_ = false;
  told_ = sending::done;
  ready_at_ = 0;
  held_.rewind();
  strangers_.rewind();
  pass_on();
}

void loop::not_started(int error) {
  const auto delay = start_later();
  say({"cannot start the reactor: ", strerrordesc_np(error), "; trying again in ",
       digits(delay / ms), " ms"});
}

void loop::wait() {
  std::int64_t due = -1;
  if (trial_ == trial::running) due = std::max<std::int64_t>(trial_until_ - now(), 0);
  if (reactor_ == 0) due = std::max<std::int64_t>(start_at_ - now(), 0);
  if (told_ == sending::refused && reactor_ != 0) due = refused_for;
  if (more_ended_) due = 0;
  const short wanted = told_ == sending::full ? POLLIN | POLLOUT : POLLIN;
  pollfd sources[] = {{signals_, POLLIN, 0}, {hearing_ ? link_ : -1, wanted, 0}};
  const timespec limit{due / second, due % second};
  if (::ppoll(sources, 2, due < 0 ? nullptr : &limit, nullptr) < 0) return;
  if (told_ != sending::gone) told_ = sending::done;
  if (sources[1].revents != 0) hear();
  if (sources[0].revents != 0 || more_ended_) take_signals();
  if (trial_ == trial::running && reactor_ != 0 && now() >= trial_until_) end_trial();
}

void loop::take_signals() {
  bool stop = false;
  signalfd_siginfo one;
  while (::read(signals_, &one, sizeof one) == sizeof one) {
    if (one.ssi_signo != SIGCHLD) sigaddset(&asked_, static_cast<int>(one.ssi_signo));
    stop = stop || is_stop(static_cast<int>(one.ssi_signo));
  }
  reap();
  if (stop) start_at_ = 0;
  if (reactor_ != 0) pass_on();
}

void loop::pass_on() {
  for (const int number : passed_on) {
    if (sigismember(&asked_, number) == 0) continue;
    ::kill(reactor_, number);
    sigdelset(&asked_, number);
    if (is_stop(number)) sigaddset(&stops_, number);
  }
}

/// Looks before it takes: whether a pidfd that is held is of this very process can be seen only as
/// long as it is there.
void loop::reap() {
  int reactor_status = -1;
  more_ended_ = true;
  for (int n = 0; n < most_in_a_turn; ++n) {
    siginfo_t ended{};
    const bool asked = ::waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) == 0;
    if (!asked || ended.si_pid == 0) {
      more_ended_ = !asked && errno == EINTR;  // the signal that told of it does not come again
      break;
    }
    held* const process = held_.find_child(ended.si_pid);
    process_end end{now(), ended.si_pid, 0};
    if (::waitpid(end.pid, &end.status, WNOHANG) != end.pid) continue;
    if (end.pid == reactor_) {
      reactor_status = end.status;
    } else if (process != nullptr) {
      held_.ended(*process, end);
    } else {
      if (ready_at_ != 0) strangers_.drop_before(end.when_ns - unregistered_for);
      strangers_.put(end);
    }
  }
  if (reactor_status != -1) reactor_ended(reactor_status);
}

void loop::reactor_ended(int status) {
  // What it had sent is here still, whoever else may hold its end open.
  for (int n = 0; n < most_in_a_turn && hearing_ && hear(); ++n) {
  }
  const pid_t pid = std::exchange(reactor_, 0);
  ::close(std::exchange(link_, -1));
  const bool exited = WIFEXITED(status);
  if (leaving_) code_ = leaving_code_;
  const bool gives_up = exited && !ever_ready_ && trial_ == trial::none && held_.processes() == 0;
  if (!leaving_ && gives_up) code_ = WEXITSTATUS(status);
  how_ = standing::settled;
  if (code_ >= 0) return;
  strangers_.drop_before(ready_at_ != 0 ? now() - unregistered_for : 0);
  sigorset(&asked_, &asked_, &stops_);
  if (trial_ == trial::next) return try_program();
  const int number = exited ? WEXITSTATUS(status) : WTERMSIG(status);
  const char* name = exited ? nullptr : sigabbrev_np(number);
  // A reactor that works and is killed has no fault that a pause would mend.
  if (ready_at_ != 0 && !exited && number == SIGKILL) crashes_ = 0;
  const auto delay = start_later();
  say({"the reactor (pid ", digits(pid), exited ? ") ended with code " : ") was killed by ",
       name != nullptr ? "SIG"
       : exited        ? ""
                       : "signal ",
       name != nullptr ? std::string_view(name) : digits(number), "; starting it again",
       delay > 0 ? " in " : "", delay > 0 ? std::string_view(digits(delay / ms)) : "",
       delay > 0 ? " ms, services run on" : ", services run on"});
  if (trial_ == trial::running) go_back();
}

std::int64_t loop::start_later() {
  if (ready_at_ != 0 && now() - ready_at_ >= well_after) crashes_ = 0;
  ready_at_ = 0;
  const int doublings = std::min(crashes_ - 1, 6);
  const auto delay = crashes_ == 0 ? 0 : std::min(first_delay << doublings, longest_delay);
  ++crashes_;
  start_at_ = now() + delay;
  return delay;
}

}  // namespace aurora::keeper
