#pragma once

#include <memory>
#include <optional>
#include <string>

#include <boost/asio/awaitable.hpp>

#include <aurora/spec.hpp>

#include "core/events.hpp"
#include "keeper/protocol.hpp"
#include "reactor/child/child.hpp"
#include "reactor/logs/log_hub.hpp"
#include "reactor/probe/prober.hpp"
#include "reactor/readiness/notify_socket.hpp"
#include "reactor/task_scope.hpp"
#include "reactor/watch/file_watch.hpp"
#include "store/memory_text.hpp"
#include "supervisor/launch_builder.hpp"
#include "supervisor/probe_ring.hpp"

namespace aurora::shell {

class driver;

using built_probe = boost::system::result<reactor::probe_request, std::string>;

/// What the shell holds for one instance: its log, its process, its readiness, the probe in flight.
/// It performs the engine's commands and reports; results carry the run they belong to.
class instance_runtime {
 public:
  instance_runtime(driver& owner, core::instance_id id);
  ~instance_runtime();
  instance_runtime(const instance_runtime&) = delete;
  instance_runtime& operator=(const instance_runtime&) = delete;

  void spawn(core::run_number run);
  /// Goes on with a run that an earlier daemon started; `main_gone`: only descendants are left, and
  /// the engine knows.
  void adopt(const store::run_memory& left, core::run_number run, bool main_gone);
  /// What a next daemon needs to do so; null: there is no process.
  const store::run_memory* memory() const { return memory_ ? &*memory_ : nullptr; }
  void send_signal(const core::command::send_signal& asked);
  void kill_tree(core::run_number run);
  void probe(core::run_number run);
  void cancel_probe();
  void run_hook(core::run_number run, core::hook_kind hook);
  void run_stop_command(core::run_number run);
  void end_run(core::run_number run);
  /// Takes the rules of its definition that need no restart: log rotation, watched paths. What has
  /// never been asked to start watches nothing.
  void configure();

  /// Ends the tasks of this instance; the process, if one lives, is left alone.
  boost::asio::awaitable<void> close();
  void request_stop() { tasks_.request_stop(); }
  /// The instance left the configuration: its pipe goes with it, its logs stay.
  void retire_log() {
    if (log_) log_->retire();
  }

  reactor::log_channel* log();  ///< made when first needed; null: it cannot be made
  reactor::log_channel* opened_log() { return log_.get(); }  ///< null: not needed yet
  const reactor::child* process() const { return child_.get(); }
  const std::string& cgroup() const { return cgroup_; }  ///< empty: none
  /// The last answers of its probe, oldest first.
  std::vector<probe_answer> probe_answers() const;
  std::optional<std::uint16_t> port() const;
  std::optional<wall_time> started_at() const { return started_at_; }
  std::optional<wall_time> last_exit_at() const { return last_exit_at_; }
  void remember_exit(wall_time at) { last_exit_at_ = at; }

  /// The probe of this instance with its variables closed. It has one. Error: words.
  boost::asio::awaitable<built_probe> probe_request() const;

 private:
  struct run_resources;

  /// Numbers under which the keeper holds what belongs to a run.
  static constexpr std::int64_t kept_notify = 0, kept_ready = 1;

  const service_spec& spec() const;
  const std::string& name() const;
  launch_context context() const;
  /// AURORA_RUN of its processes in this run.
  std::string marker() const;
  std::optional<std::string> open_notify(core::run_number run);
  std::optional<std::string> open_readiness(core::run_number run);
  void configure_log();
  void keep_stderr();
  void give_log_to(const std::optional<reactor::credentials>& user);
  boost::asio::awaitable<void> launch_when_read(core::run_number run);
  void launch(core::run_number run, built_launch launch);
  void fail_spawn(core::run_number run, core::event::spawn_fault fault, std::string text);
  void on_notification(core::run_number run, const reactor::notification& said);
  boost::asio::awaitable<built_launch> command_launch(argv_template command,
                                                      const char* purpose) const;
  std::optional<reactor::probe_request> network_request() const;
  void make_cgroup();
  void note_process();
  void take_up(const store::run_memory& left, core::run_number run);
  void keep(keeper::kind what, const std::string& name, std::int64_t number, int fd);
  void resume_notify(core::run_number run, const std::string& address);
  void resume_readiness(core::run_number run);
  void let_keeper_go();
  void listen_for_line(core::run_number run, const ready_on_log& line);
  bool is_ours(pid_t pid) const;
  boost::asio::awaitable<void> supervise(std::shared_ptr<reactor::child> child,
                                         core::run_number run, bool main_gone);
  boost::asio::awaitable<void> run_probe(core::run_number run);
  void note_answer(const reactor::probe_outcome& outcome);
  boost::asio::awaitable<void> perform_hook(core::run_number run, core::hook_kind hook);
  boost::asio::awaitable<void> perform_stop_command(core::run_number run);

  driver& driver_;
  core::instance_id id_;
  std::unique_ptr<reactor::log_channel> log_;
  std::pair<uid_t, gid_t> log_owner_;  ///< of its pipes
  std::shared_ptr<reactor::child> child_;
  std::optional<store::run_memory> memory_;
  core::run_number run_ = 0;
  std::string cgroup_;
  std::optional<std::uint16_t> port_;
  std::optional<wall_time> started_at_, last_exit_at_;
  std::unique_ptr<run_resources> resources_;
  std::unique_ptr<reactor::file_watch> watch_;
  std::optional<watch_spec> watched_;  ///< what `watch_` was opened for
  boost::asio::cancellation_signal* probe_signal_ = nullptr;
  std::uint64_t probe_serial_ = 0;
  bool probing_ = false;
  std::unique_ptr<probe_ring> answers_;  ///< made with the first one
  reactor::task_scope tasks_;
};

}  // namespace aurora::shell
