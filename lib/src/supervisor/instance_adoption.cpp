#include <fmt/format.h>

#include "core/engine.hpp"
#include "core/instance.hpp"
#include "supervisor/driver.hpp"
#include "supervisor/instance_runtime.hpp"
#include "supervisor/run_resources.hpp"

// How an instance goes on with a run that an earlier daemon started.
namespace aurora::shell {
namespace {

reactor::process_identity identity_from(const store::process_identity& from) {
  return {from.pid, from.started};
}

}  // namespace

void instance_runtime::adopt(const store::run_memory& left, core::run_number run, bool main_gone) {
  take_up(left, run);
  tasks_.spawn(supervise(child_, run, main_gone));
}

void instance_runtime::take_up(const store::run_memory& left, core::run_number run) {
  run_ = run;
  memory_ = left;
  port_ = left.port;
  cgroup_ = left.cgroup;
  started_at_ = left.began;
  resources_ = std::make_unique<run_resources>();
  configure();
  log();
  reactor::adoption from;
  from.leader = identity_from(left.leader);
  if (left.named) from.named = identity_from(*left.named);
  from.marker = left.marker;
  from.cgroup = left.cgroup;
  from.ends = &driver_.ends();
  child_ = reactor::child::adopt(driver_.executor(), from);
  resume_notify(run, left.notify);
  resume_readiness(run);
  // What the keeper reaps from now on is told to us, for as long as we do not say that we know.
  if (auto* keeper = driver_.keeper(); keeper && child_->pidfd() >= 0)
    keeper->hold(keeper::kind::process, name(), child_->pid(), child_->pidfd());
}

void instance_runtime::resume_notify(core::run_number run, const std::string& address) {
  if (address.empty()) return;
  auto kept = driver_.take_kept(keeper::kind::socket, name(), kept_notify);
  auto socket = reactor::notify_socket::resume(
      driver_.executor(), [this](pid_t pid) { return is_ours(pid); },
      [this, run](const auto& said) { on_notification(run, said); }, address, kept.release());
  if (!socket) {
    driver_.warn("notify socket of " + name(),
                 fmt::format("cannot be had again: {}; what it says is lost until its next start",
                             socket.error().message()));
    return;
  }
  resources_->notify = std::move(*socket);
  keep(keeper::kind::socket, name(), kept_notify, resources_->notify->fd());
}

// Only while it is awaited: afterwards the service has closed its end, and lines mean nothing.
void instance_runtime::resume_readiness(core::run_number run) {
  const auto& memory = driver_.engine().memory(id_);
  if (!std::holds_alternative<core::phase::starting>(memory.at) &&
      !std::holds_alternative<core::phase::spawning>(memory.at))
    return;
  if (const auto* line = std::get_if<ready_on_log>(&spec().ready)) {
    listen_for_line(run, *line);
  } else if (std::holds_alternative<ready_on_fd>(spec().ready)) {
    auto kept = driver_.take_kept(keeper::kind::socket, name(), kept_ready);
    if (!kept) return;
    auto pipe = reactor::ready_pipe::resume(
        driver_.executor(),
        [this, run] {
          driver_.post(core::event::signalled_ready{id_, run});
        },
        kept.release());
    if (!pipe) return;
    resources_->pipe = std::move(*pipe);
    keep(keeper::kind::socket, name(), kept_ready, resources_->pipe->own_end());
  }
}

void instance_runtime::let_keeper_go() {
  auto* keeper = driver_.keeper();
  if (!keeper || !resources_) return;
  if (resources_->notify) keeper->release(keeper::kind::socket, name(), kept_notify);
  if (resources_->pipe) keeper->release(keeper::kind::socket, name(), kept_ready);
}

}  // namespace aurora::shell
