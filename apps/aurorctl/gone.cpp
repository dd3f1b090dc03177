#include "gone.hpp"

#include <boost/asio/as_tuple.hpp>

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace aurora::ctl {
namespace {

bool ended(int pidfd) {
  pollfd p{pidfd, POLLIN, 0};
  return ::poll(&p, 1, 0) == 1;
}

asio::awaitable<void> note_end(asio::posix::stream_descriptor& process, latch& over) {
  // A wake-up is a hint only (Asio recycles its per-descriptor state).
  while (!ended(process.native_handle())) {
    co_await process.async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
  }
  over.set();
}

asio::awaitable<int> until_over(latch& over, steady::time_point until) {
  co_return co_await over.wait(until) ? 1 : 0;
}

}  // namespace

daemon_end::daemon_end(asio::any_io_executor executor, const daemon_view& daemon, bool local)
    : executor_(std::move(executor)) {
  for (const auto& pid : {daemon.pid, daemon.keeper_pid}) {
    if (!local || !pid || *pid <= 1) continue;
    const long fd = ::syscall(SYS_pidfd_open, static_cast<pid_t>(*pid), 0U);
    if (fd < 0) continue;
    processes_.push_back(
        std::make_unique<asio::posix::stream_descriptor>(executor_, static_cast<int>(fd)));
  }
}

asio::awaitable<bool> daemon_end::wait(steady::time_point until) {
  for (auto& process : processes_) {
    latch over(executor_);
    tasks beside(executor_);
    beside.start(note_end(*process, over));
    const int gone = co_await with(beside, until_over(over, until));
    if (gone == 0) co_return false;
  }
  co_return true;
}

}  // namespace aurora::ctl
