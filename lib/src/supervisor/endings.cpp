#include "supervisor/endings.hpp"

#include <cstddef>
#include <type_traits>

#include <fcntl.h>
#include <unistd.h>

#include "reactor/child/proc_files.hpp"

namespace aurora::shell {

/// One at a time: what is reaped is written down in the same turn.
struct endings::last_note {
  std::int32_t pid;
  std::int32_t how, code, signal, core, why;
  std::uint32_t sum;

  std::uint32_t own_sum() const {
    return 0x5eed ^
           (static_cast<std::uint32_t>(pid) * 31 + static_cast<std::uint32_t>(how) * 37 +
            static_cast<std::uint32_t>(code) * 41 + static_cast<std::uint32_t>(signal) * 43 +
            static_cast<std::uint32_t>(core) * 47 + static_cast<std::uint32_t>(why) * 53);
  }
};

endings::endings(std::string note, reactor::keeper_link* keeper) : keeper_(keeper) {
  file_ = ::open(note.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
  last_note found{};
  if (file_ < 0 || ::pread(file_, &found, sizeof found, 0) != sizeof found) return;
  if (found.sum != found.own_sum()) return;
  noted_pid_ = found.pid;
  noted_.how = static_cast<exit_status::kind>(found.how);
  noted_.code = found.code;
  noted_.signal = found.signal;
  noted_.core_dumped = found.core != 0;
  noted_.why = static_cast<exit_status::cause>(found.why);
}

endings::~endings() {
  if (file_ >= 0) ::close(file_);
}

void endings::note(pid_t pid, const exit_status& status) {
  last_note text{pid,
                 static_cast<std::int32_t>(status.how),
                 status.code,
                 status.signal,
                 status.core_dumped,
                 static_cast<std::int32_t>(status.why),
                 0};
  text.sum = text.own_sum();
  // A note that fails (a full disk) costs the status of one process, should we be killed right now.
  if (file_ >= 0 && ::pwrite(file_, &text, sizeof text, 0) != sizeof text) noted_pid_ = 0;
}

std::optional<exit_status> endings::known(pid_t pid) const {
  if (keeper_)
    if (const auto told = keeper_->status_of(pid)) return told;
  if (pid == noted_pid_) return noted_;
  return std::nullopt;
}

// It may have been reaped a moment ago, by a keeper that had a reactor before this one.
std::optional<exit_status> endings::status_of(pid_t pid) const {
  if (const auto status = known(pid)) return status;
  if (!keeper_ || keeper_->generation() == 0) return std::nullopt;
  keeper_->catch_up(pid);
  return known(pid);
}

// Its parent is the keeper: then it was a child of a reactor of this keeper. Else both died, and
// whoever took it in tells nobody.
bool endings::hears_of(pid_t pid) const {
  if (!keeper_ || !keeper_->alive()) return false;
  const auto info = reactor::read_process(pid);
  return info && info->parent == keeper_->keeper_pid();
}

boost::asio::awaitable<exit_status> endings::ended(pid_t pid) {
  if (const auto status = known(pid)) co_return *status;
  if (!keeper_) co_return exit_status{};
  auto telling = keeper_->ended(pid);
  co_return co_await std::move(telling);
}

void endings::settled(pid_t pid) {
  if (keeper_) keeper_->settled(pid);
}

}  // namespace aurora::shell
