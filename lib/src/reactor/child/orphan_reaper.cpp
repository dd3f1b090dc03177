#include <csignal>

#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>

#include <sys/wait.h>

#include "reactor/child/child.hpp"
#include "reactor/child/registry.hpp"

namespace aurora::reactor {
namespace {

namespace asio = boost::asio;

/// So many between two turns of the loop: a storm of orphans must not hold up anything else.
constexpr int most_at_once = 256;

/// A child that has ended, left in place; 0: none.
pid_t peek() {
  siginfo_t ended{};
  if (::waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) != 0) return 0;
  return ended.si_pid;
}

bool take(pid_t pid) {
  siginfo_t ended{};
  return ::waitid(P_PID, static_cast<id_t>(pid), &ended, WEXITED | WNOHANG) == 0 &&
         ended.si_pid == pid;
}

}  // namespace

struct orphan_reaper::impl {
  explicit impl(asio::any_io_executor executor) : children(executor, SIGCHLD) {}

  static void listen(const std::shared_ptr<impl>& self) {
    self->children.async_wait([self](boost::system::error_code error, int) {
      if (error || !self->running) return;
      listen(self);
      self->sweep(self, false);
    });
  }

  /// after_waiters: the waiters of known children had their turn, so one that is still there has
  /// nobody to wait for it, and must not hide the orphans behind it.
  void sweep(const std::shared_ptr<impl>& self, bool after_waiters) {
    if (!running) return;
    for (int n = 0; n < most_at_once; ++n) {
      const pid_t pid = peek();
      if (pid == 0) return;
      if (child_registry::instance().knows(pid)) {
        if (after_waiters) return sweep_all();
        return again(self, true);
      }
      if (take(pid)) ++reaped;
    }
    again(self, after_waiters);
  }

  void again(const std::shared_ptr<impl>& self, bool after_waiters) {
    asio::post(children.get_executor(),
               [self, after_waiters] { self->sweep(self, after_waiters); });
  }

  void sweep_all() {
    family_reader family;
    for (const pid_t pid : family.own_children())
      if (!child_registry::instance().knows(pid) && take(pid)) ++reaped;
  }

  asio::signal_set children;
  bool running = false;
  std::uint64_t reaped = 0;
};

orphan_reaper::orphan_reaper(asio::any_io_executor executor)
    : impl_(std::make_shared<impl>(executor)) {}

orphan_reaper::~orphan_reaper() { stop(); }

void orphan_reaper::start() {
  if (std::exchange(impl_->running, true)) return;
  impl::listen(impl_);
  impl_->again(impl_, false);  // whoever ended before
}

void orphan_reaper::stop() {
  impl_->running = false;
  boost::system::error_code ignored;
  impl_->children.cancel(ignored);
}

std::uint64_t orphan_reaper::reaped() const { return impl_->reaped; }

}  // namespace aurora::reactor
