#include "supervisor/instance_runtime.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <vector>

#include <boost/asio/this_coro.hpp>

#include "core/engine.hpp"
#include "reactor/child/tree.hpp"
#include "server/on_worker.hpp"
#include "supervisor/clock.hpp"
#include "supervisor/driver.hpp"
#include "supervisor/ports.hpp"
#include "supervisor/run_marker.hpp"
#include "supervisor/run_resources.hpp"

namespace aurora::shell {

instance_runtime::instance_runtime(driver& owner, core::instance_id id)
    : driver_(owner), id_(id), log_owner_(::geteuid(), ::getegid()), tasks_(owner.executor()) {}

instance_runtime::~instance_runtime() = default;

const service_spec& instance_runtime::spec() const { return driver_.engine().spec(id_); }
const std::string& instance_runtime::name() const { return driver_.engine().name(id_); }

std::optional<std::uint16_t> instance_runtime::port() const {
  if (port_) return port_;
  const auto& asked = spec().port;
  if (!asked || *asked == 0) return std::nullopt;
  return static_cast<std::uint16_t>(*asked + driver_.engine().number(id_) - 1);
}

launch_context instance_runtime::context() const {
  launch_context where;
  where.instance = name();
  where.number = driver_.engine().number(id_);
  where.port = port();
  where.run_marker = marker();
  if (resources_ && resources_->notify) where.notify_address = resources_->notify->address();
  return where;
}

std::string instance_runtime::marker() const { return marker_of(name(), run_, driver_.run_id()); }

reactor::log_channel* instance_runtime::log() {
  if (log_) return log_.get();
  auto opened = driver_.hub().open(name(), spec().logs, std::nullopt);
  if (!opened) {
    driver_.warn("log of " + name(), "cannot be opened: " + opened.error().message());
    return nullptr;
  }
  log_ = std::move(*opened);
  keep(keeper::kind::log, name(), 0, log_->stdout_fd());
  keep_stderr();
  return log_.get();
}

void instance_runtime::keep_stderr() {
  if (auto* apart = log_->separate_stderr())
    keep(keeper::kind::log, name() + std::string(stderr_log_suffix), 0, apart->stdout_fd());
}

// Before a process can have it: what is written to it outlives this daemon from the first byte on.
void instance_runtime::keep(keeper::kind what, const std::string& name, std::int64_t number,
                            int fd) {
  if (auto* keeper = driver_.keeper()) keeper->hold(what, name, number, fd);
}

void instance_runtime::fail_spawn(core::run_number run, core::event::spawn_fault fault,
                                  std::string text) {
  driver_.post(core::event::spawn_failed{id_, run, fault, std::move(text)});
}

// A service that runs as somebody else may want to open its /dev/stderr again.
void instance_runtime::give_log_to(const std::optional<reactor::credentials>& user) {
  const auto owner = user ? std::pair(user->uid, user->gid) : std::pair(::geteuid(), ::getegid());
  if (log_owner_ == owner) return;
  for (const int pipe : {log_->stdout_fd(), log_->stderr_fd()})
    if (::fchown(pipe, owner.first, owner.second) != 0)
      driver_.warn("log of " + name(), fmt::format("its pipe cannot be given to uid {}: {}",
                                                   owner.first, std::strerror(errno)));
  log_owner_ = owner;
}

std::optional<std::string> instance_runtime::open_notify(core::run_number run) {
  if (!std::holds_alternative<ready_on_notify>(spec().ready)) return std::nullopt;
  auto socket = reactor::notify_socket::open(
      driver_.executor(), [this](pid_t pid) { return is_ours(pid); },
      [this, run](const auto& said) { on_notification(run, said); });
  if (!socket) return "cannot make the notify socket: " + socket.error().message();
  resources_->notify = std::move(*socket);
  keep(keeper::kind::socket, name(), kept_notify, resources_->notify->fd());
  return std::nullopt;
}

bool instance_runtime::is_ours(pid_t pid) const {
  if (!child_) return false;
  if (reactor::descends_from(pid, {child_->pid(), marker()})) return true;
  if (cgroup_.empty()) return false;
  const auto tree = child_->left_over();
  return std::find(tree.begin(), tree.end(), pid) != tree.end();
}

std::optional<std::string> instance_runtime::open_readiness(core::run_number run) {
  const auto& ready = spec().ready;
  if (const auto* descriptor = std::get_if<ready_on_fd>(&ready)) {
    auto pipe = reactor::ready_pipe::open(driver_.executor(), [this, run] {
      driver_.post(core::event::signalled_ready{id_, run});
    });
    if (!pipe) return "cannot make the readiness pipe: " + pipe.error().message();
    resources_->pipe = std::move(*pipe);
    resources_->extra_fd = {descriptor->fd, resources_->pipe->child_end()};
    keep(keeper::kind::socket, name(), kept_ready, resources_->pipe->own_end());
  } else if (const auto* line = std::get_if<ready_on_log>(&ready)) {
    listen_for_line(run, *line);
  }
  return std::nullopt;
}

void instance_runtime::listen_for_line(core::run_number run, const ready_on_log& line) {
  if (!log_) return;
  for (auto* channel : {log_.get(), log_->separate_stderr()}) {
    if (!channel) continue;
    // The loader has compiled the pattern before.
    auto matcher = reactor::line_matcher::make(line.pattern);
    if (!matcher) return;
    std::shared_ptr<reactor::line_matcher> matching = std::move(*matcher);
    resources_->taps.push_back(
        channel->tap([this, run, matching](std::string_view bytes, std::uint64_t) {
          if (matching->feed(bytes)) driver_.post(core::event::signalled_ready{id_, run});
        }));
  }
}

void instance_runtime::spawn(core::run_number run) {
  if (const auto found = driver_.take_found(id_, run)) {
    take_up(found->process, run);
    if (spec().port != std::uint16_t{0}) port_ = memory_->port = std::nullopt;
    const auto child = child_;
    // It may have ended already: the engine hears of its birth first.
    driver_.post(core::event::spawned{id_, run, child->pid()});
    if (found->was_up) driver_.post(core::event::signalled_ready{id_, run});
    tasks_.spawn(supervise(child, run, false));
    return;
  }
  run_ = run;
  port_.reset();
  if (spec().port == std::uint16_t{0}) port_ = free_port();
  configure();  // a restart may have brought another definition
  resources_ = std::make_unique<run_resources>();
  if (auto fault = open_notify(run))
    return fail_spawn(run, core::event::spawn_fault::transient, *fault);
  if (!may_block(spec())) return launch(run, build_launch(spec(), context()));
  tasks_.spawn(launch_when_read(run));
}

boost::asio::awaitable<void> instance_runtime::launch_when_read(core::run_number run) {
  auto work = [service = spec(), where = context()] { return build_launch(service, where); };
  auto building = server::on_worker(driver_.workers(), std::move(work));
  auto built = co_await std::move(building);
  if (driver_.still_wanted(id_, run)) {
    launch(run, std::move(built));
  } else {
    fail_spawn(run, core::event::spawn_fault::transient, "not wanted any more");
  }
}

void instance_runtime::launch(core::run_number run, built_launch launch) {
  using core::event::spawn_fault;
  if (!launch) return fail_spawn(run, launch.error().lasts, launch.error().words);
  if (auto* output = log()) {
    give_log_to(launch->user);
    launch->stdout_fd = output->stdout_fd();
    launch->stderr_fd = output->stderr_fd();
  }
  if (auto fault = open_readiness(run)) return fail_spawn(run, spawn_fault::transient, *fault);
  launch->extra_fd = resources_->extra_fd;
  if (resources_->notify)
    resources_->notify->accept_only(launch->user ? launch->user->uid : ::geteuid());
  make_cgroup();
  launch->cgroup = cgroup_;
  if (auto* launches = driver_.launches()) launch->birth = launches->place(marker());
  if (auto* keeper = driver_.keeper()) keeper->flush();
  auto launched = reactor::child::launch(driver_.executor(), *launch);
  if (resources_->pipe) resources_->pipe->close_child_end();
  if (!launched) {
    const auto& fault = launched.error();
    return fail_spawn(run, fault.transient() ? spawn_fault::transient : spawn_fault::permanent,
                      describe(fault));
  }
  child_ = std::move(*launched);
  started_at_ = wall_now();
  note_process();
  driver_.post(core::event::spawned{id_, run, child_->pid()});
  tasks_.spawn(supervise(child_, run, false));
}

void instance_runtime::make_cgroup() {
  const auto& limits = spec().limits;
  if (driver_.uses_cgroups()) {
    cgroup_ = reactor::make_cgroup(name(), limits);
    for (const auto& limit : reactor::take_cgroup_warnings()) driver_.warn("limits", limit);
    return;
  }
  driver_.warn("limits of " + name(), !limits.cpu && !limits.tasks
                                          ? ""
                                          : "cpu and tasks need a cgroup, which only aurorad "
                                            "makes: they are not limited");
}

void instance_runtime::note_process() {
  if (!driver_.remembers()) return;
  const pid_t pid = child_->pid();
  child_->before_reaping(
      [this, pid](const exit_status& status) { driver_.ends().note(pid, status); });
  store::run_memory now;
  const auto identity = reactor::identity_of(pid).value_or(reactor::process_identity{pid, 0});
  now.leader = {identity.pid, identity.started};
  now.marker = marker();
  now.cgroup = cgroup_;
  if (resources_->notify) now.notify = resources_->notify->address();
  now.port = port_;
  now.began = started_at_;
  memory_ = std::move(now);
}

boost::asio::awaitable<void> instance_runtime::supervise(std::shared_ptr<reactor::child> child,
                                                         core::run_number run, bool main_gone) {
  const exit_status status = co_await child->wait();
  last_exit_at_ = wall_now();
  if (log_) log_->drain();
  const auto left_over = static_cast<unsigned>(child->left_over().size());
  if (!main_gone) driver_.post(core::event::main_exited{id_, run, status, left_over});
  child->settle();
  if (left_over == 0 && !main_gone) co_return;
  co_await child->gone();
  if (log_) log_->drain();
  driver_.post(core::event::tree_gone{id_, run});
}

void instance_runtime::send_signal(const core::command::send_signal& asked) {
  if (!child_ || asked.run != run_) return;
  switch (asked.to) {
    case core::command::reach::main:
      child_->signal(asked.signal);
      break;
    case core::command::reach::group:
      child_->signal_group(asked.signal);
      break;
    case core::command::reach::tree:
      child_->signal_tree(asked.signal);
      break;
  }
}

void instance_runtime::kill_tree(core::run_number run) {
  if (!child_ || run != run_) return;
  child_->signal_group(SIGKILL);
  child_->signal(SIGKILL);
  child_->signal_tree(SIGKILL);
}

void instance_runtime::on_notification(core::run_number run, const reactor::notification& said) {
  // The order matters: a service may say all of it in one datagram, READY last.
  if (said.main_pid && child_ && child_->adopt_main(*said.main_pid)) {
    const auto named = reactor::identity_of(*said.main_pid);
    if (memory_ && named) memory_->named = {named->pid, named->started};
    driver_.post(core::event::main_pid_changed{id_, run, *said.main_pid});
  }
  if (said.extend_timeout)
    driver_.post(core::event::extend_timeout{id_, run, *said.extend_timeout});
  if (said.watchdog_within)
    driver_.post(core::event::watchdog_armed{id_, run, *said.watchdog_within});
  if (said.status) driver_.post(core::event::notify_status{id_, run, *said.status});
  if (said.ready) driver_.post(core::event::signalled_ready{id_, run});
  if (said.watchdog) driver_.post(core::event::watchdog_ping{id_, run});
  if (said.stopping) driver_.post(core::event::notify_stopping{id_, run});
  if (said.watchdog_trigger) driver_.post(core::event::watchdog_triggered{id_, run});
}

void instance_runtime::configure_log() {
  const bool was_apart = log_->separate_stderr() != nullptr;
  log_->configure(spec().logs);
  if (was_apart || !log_->separate_stderr()) return;
  keep_stderr();
  log_owner_ = {::geteuid(), ::getegid()};  // of the new pipe
}

void instance_runtime::configure() {
  if (log_) configure_log();
  if (run_ == 0 || (watch_ && watched_ == spec().watch)) return;
  watch_.reset();
  watched_ = spec().watch;
  if (!watched_) return driver_.warn("watch of " + name(), "");
  auto opened =
      reactor::file_watch::open(driver_.executor(), *watched_, [this](const std::string& path) {
        driver_.post(core::event::files_changed{id_, path});
      });
  if (opened) watch_ = std::move(*opened);
  driver_.warn("watch of " + name(), opened ? "" : "cannot watch: " + opened.error().message());
}

void instance_runtime::end_run(core::run_number run) {
  if (run != run_) return;
  let_keeper_go();
  resources_.reset();
  child_.reset();
  memory_.reset();
  started_at_.reset();
  if (!cgroup_.empty()) reactor::remove_cgroup(cgroup_);
  cgroup_.clear();
}

boost::asio::awaitable<void> instance_runtime::close() {
  watch_.reset();
  tasks_.request_stop();
  co_await tasks_.join();
  resources_.reset();
  if (log_) log_->drain();
  log_.reset();
}

}  // namespace aurora::shell
