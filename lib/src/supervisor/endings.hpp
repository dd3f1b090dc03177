#pragma once

#include <functional>
#include <string>

#include "reactor/child/child.hpp"
#include "reactor/keeper/keeper_link.hpp"

namespace aurora::shell {

/// How processes ended that earlier daemons launched: as the keeper tells, or as the daemon before
/// noted the very last one that it reaped and could not write down any more.
class endings final : public reactor::exit_source {
 public:
  /// `note`: path of that last note. `keeper` outlives this, and may be null.
  endings(std::string note, reactor::keeper_link* keeper);
  ~endings() override;
  endings(const endings&) = delete;
  endings& operator=(const endings&) = delete;

  std::optional<exit_status> status_of(pid_t pid) const override;
  bool hears_of(pid_t pid) const override;
  boost::asio::awaitable<exit_status> ended(pid_t pid) override;
  void settled(pid_t pid) override;

  /// To be called before a process is reaped: nothing else knows its status then, until the
  /// journal has it.
  void note(pid_t pid, const exit_status& status);

 private:
  struct last_note;

  std::optional<exit_status> known(pid_t pid) const;

  int file_ = -1;
  pid_t noted_pid_ = 0;  ///< by the daemon before
  exit_status noted_;
  reactor::keeper_link* keeper_;
};

}  // namespace aurora::shell
