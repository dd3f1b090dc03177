#include "supervisor/instance_runtime.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include <boost/asio/this_coro.hpp>

#include "core/engine.hpp"
#include "supervisor/clock.hpp"
#include "supervisor/driver.hpp"
#include "supervisor/ports.hpp"

namespace aurora::shell {
namespace {

constexpr auto hook_limit = std::chrono::seconds(10);
constexpr std::size_t hook_output = 10 << 10;

const char* word(core::hook_kind hook) {
  switch (hook) {
    case core::hook_kind::pre_start:
      return "pre_start";
    case core::hook_kind::post_start:
      return "post_start";
    case core::hook_kind::pre_stop:
      return "pre_stop";
    case core::hook_kind::post_stop:
      return "post_stop";
  }
  return "hook";
}

const argv_template& command_of(const hooks_spec& hooks, core::hook_kind hook) {
  switch (hook) {
    case core::hook_kind::pre_start:
      return hooks.pre_start;
    case core::hook_kind::post_start:
      return hooks.post_start;
    case core::hook_kind::pre_stop:
      return hooks.pre_stop;
    case core::hook_kind::post_stop:
      break;
  }
  return hooks.post_stop;
}

}  // namespace

struct instance_runtime::run_resources {
  std::unique_ptr<reactor::notify_socket> notify;
  std::unique_ptr<reactor::ready_pipe> pipe;
  std::unique_ptr<reactor::line_matcher> matcher;
  std::shared_ptr<void> tap;
  std::optional<std::pair<int, int>> extra_fd;
};

instance_runtime::instance_runtime(driver& owner, core::instance_id id)
    : driver_(owner), id_(id), tasks_(owner.executor()) {}

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
  where.run_marker = fmt::format("{}:{}:{}", name(), run_, driver_.run_id());
  if (resources_ && resources_->notify) where.notify_address = resources_->notify->address();
  return where;
}

reactor::log_channel* instance_runtime::log() {
  if (log_) return log_.get();
  auto opened = driver_.hub().open(name(), spec().logs, log_owner(spec()));
  if (!opened) {
    driver_.warn("log of " + name(), "cannot be opened: " + opened.error().message());
    return nullptr;
  }
  log_ = std::move(*opened);
  return log_.get();
}

void instance_runtime::fail_spawn(core::run_number run, core::event::spawn_fault fault,
                                  std::string text) {
  driver_.post(core::event::spawn_failed{id_, run, fault, std::move(text)});
}

std::optional<std::string> instance_runtime::prepare_readiness(core::run_number run,
                                                               run_resources& resources) {
  const auto& ready = spec().ready;
  if (std::holds_alternative<ready_on_notify>(ready)) {
    auto ours = [this](pid_t pid) {
      if (!child_) return false;
      if (pid == child_->pid()) return true;
      const auto tree = child_->left_over();
      return std::find(tree.begin(), tree.end(), pid) != tree.end();
    };
    auto socket = reactor::notify_socket::open(
        driver_.executor(), ours, [this, run](const auto& said) { on_notification(run, said); });
    if (!socket) return "cannot make the notify socket: " + socket.error().message();
    resources.notify = std::move(*socket);
  } else if (const auto* descriptor = std::get_if<ready_on_fd>(&ready)) {
    auto pipe = reactor::ready_pipe::open(driver_.executor(), [this, run] {
      driver_.post(core::event::signalled_ready{id_, run});
    });
    if (!pipe) return "cannot make the readiness pipe: " + pipe.error().message();
    resources.pipe = std::move(*pipe);
    resources.extra_fd = {descriptor->fd, resources.pipe->child_end()};
  } else if (const auto* line = std::get_if<ready_on_log>(&ready); line && log_) {
    auto matcher = reactor::line_matcher::make(line->pattern);
    if (!matcher) return "ready.log: the pattern cannot be compiled";
    resources.matcher = std::move(*matcher);
    resources.tap = log_->tap(
        [this, run, matching = resources.matcher.get()](std::string_view bytes, std::uint64_t) {
          if (matching->feed(bytes)) driver_.post(core::event::signalled_ready{id_, run});
        });
  }
  return std::nullopt;
}

void instance_runtime::spawn(core::run_number run) {
  using core::event::spawn_fault;
  run_ = run;
  port_.reset();
  if (spec().port == std::uint16_t{0}) port_ = free_port();
  auto* output = log();
  resources_ = std::make_unique<run_resources>();
  if (auto fault = prepare_readiness(run, *resources_)) {
    fail_spawn(run, spawn_fault::transient, *fault);
    return;
  }
  auto launch = build_launch(spec(), context());
  if (!launch) {
    fail_spawn(run, spawn_fault::permanent, launch.error());
    return;
  }
  if (output) {
    launch->stdout_fd = output->stdout_fd();
    launch->stderr_fd = output->stderr_fd();
  }
  launch->extra_fd = resources_->extra_fd;
  cgroup_ = reactor::make_cgroup(name(), spec().limits);
  launch->cgroup = cgroup_;
  for (const auto& limit : reactor::take_cgroup_warnings()) driver_.warn("limits", limit);
  auto launched = reactor::child::launch(driver_.executor(), *launch);
  if (resources_->pipe) resources_->pipe->close_child_end();
  if (!launched) {
    const auto& fault = launched.error();
    fail_spawn(run, fault.transient() ? spawn_fault::transient : spawn_fault::permanent,
               describe(fault));
    return;
  }
  child_ = std::move(*launched);
  started_at_ = wall_now();
  driver_.post(core::event::spawned{id_, run, child_->pid()});
  tasks_.spawn(supervise(child_, run));
  watch_files();
}

boost::asio::awaitable<void> instance_runtime::supervise(std::shared_ptr<reactor::child> child,
                                                         core::run_number run) {
  const exit_status status = co_await child->wait();
  last_exit_at_ = wall_now();
  if (log_) log_->drain();
  const auto left_over = static_cast<unsigned>(child->left_over().size());
  driver_.post(core::event::main_exited{id_, run, status, left_over});
  if (left_over == 0) co_return;
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
  if (said.main_pid && child_ && child_->adopt_main(*said.main_pid))
    driver_.post(core::event::main_pid_changed{id_, run, *said.main_pid});
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

void instance_runtime::watch_files() {
  if (watch_ || !spec().watch) return;
  auto opened =
      reactor::file_watch::open(driver_.executor(), *spec().watch, [this](const std::string& path) {
        driver_.post(core::event::files_changed{id_, path});
      });
  if (opened) watch_ = std::move(*opened);
  driver_.warn("watch of " + name(), opened ? "" : "cannot watch: " + opened.error().message());
}

void instance_runtime::configure() {
  if (log_) log_->configure(spec().logs);
  watch_.reset();
  if (child_) watch_files();
}

boost::system::result<reactor::launch_spec, std::string> instance_runtime::command_launch(
    const argv_template& command, const char* purpose) const {
  auto launch = build_launch(spec(), context(), command);
  if (launch) launch->environment.push_back(std::string("AURORA_HOOK=") + purpose);
  return launch;
}

void instance_runtime::run_hook(core::run_number run, core::hook_kind hook) {
  run_ = std::max(run_, run);
  auto launch = command_launch(command_of(spec().hooks, hook), word(hook));
  if (!launch) {
    driver_.post(core::event::hook_done{id_, run, hook, false,
                                        fmt::format("{}: {}", word(hook), launch.error())});
    return;
  }
  tasks_.spawn(perform_hook(std::move(*launch), run, hook));
}

boost::asio::awaitable<void> instance_runtime::perform_hook(reactor::launch_spec launch,
                                                            core::run_number run,
                                                            core::hook_kind hook) {
  auto running = reactor::run_command(std::move(launch), hook_limit, hook_output);
  const auto result = co_await std::move(running);
  driver_.post(core::event::hook_done{id_, run, hook, result.ok(),
                                      fmt::format("{}: {}", word(hook), describe(result))});
}

void instance_runtime::run_stop_command(core::run_number run) {
  auto launch = command_launch(spec().stop.command, "stop");
  if (launch && child_) launch->environment.push_back(fmt::format("MAINPID={}", child_->pid()));
  if (!launch) {
    driver_.post(core::event::stop_command_done{id_, run, false, launch.error()});
    return;
  }
  tasks_.spawn(perform_stop_command(std::move(*launch), run));
}

boost::asio::awaitable<void> instance_runtime::perform_stop_command(reactor::launch_spec launch,
                                                                    core::run_number run) {
  auto running = reactor::run_command(std::move(launch), spec().stop.timeout, hook_output);
  const auto result = co_await std::move(running);
  driver_.post(core::event::stop_command_done{id_, run, result.ok(), describe(result)});
}

std::optional<boost::system::result<reactor::probe_request, std::string>>
instance_runtime::probe_request() const {
  using request = boost::system::result<reactor::probe_request, std::string>;
  const auto& health = spec().health;
  if (!health) return std::nullopt;
  const core::instance_variables own{spec().name, driver_.engine().number(id_), port()};
  if (const auto* http = std::get_if<http_probe>(&health->probe)) {
    reactor::http_request asked;
    asked.url = core::expand(http->url, own);
    asked.status = http->status;
    asked.body = http->body;
    for (const auto& [header, value] : http->headers)
      asked.headers.emplace_back(header, core::expand(value, own));
    asked.method = http->method;
    asked.tls_verify = http->tls_verify;
    return request(reactor::probe_request(std::move(asked)));
  }
  if (const auto* tcp = std::get_if<tcp_probe>(&health->probe))
    return request(reactor::probe_request(reactor::tcp_request{core::expand(tcp->address, own)}));
  auto launch = command_launch(std::get<exec_probe>(health->probe).command, "health");
  if (!launch) return request(launch.error());
  return request(reactor::probe_request(reactor::exec_request{std::move(*launch)}));
}

void instance_runtime::probe(core::run_number run) {
  auto request = probe_request();
  if (!request) return;
  if (!*request) {
    driver_.post(core::event::probe_result{id_, run, false, request->error()});
    return;
  }
  probe_signal_ = nullptr;
  ++probe_serial_;
  probing_ = true;
  // The task may have run to its end before its signal is known here.
  auto& signal = tasks_.spawn(run_probe(std::move(**request), run));
  if (probing_) probe_signal_ = &signal;
}

boost::asio::awaitable<void> instance_runtime::run_probe(reactor::probe_request request,
                                                         core::run_number run) {
  struct flight {
    instance_runtime& of;
    std::uint64_t serial;
    explicit flight(instance_runtime& owner) : of(owner), serial(owner.probe_serial_) {}
    ~flight() {
      if (of.probe_serial_ != serial) return;
      of.probing_ = false;
      of.probe_signal_ = nullptr;
    }
  };
  reactor::probe_outcome outcome;
  {
    const flight in_the_air(*this);
    auto probing = driver_.prober().probe(std::move(request), spec().health->timeout);
    outcome = co_await std::move(probing);
  }
  driver_.post(core::event::probe_result{id_, run, outcome.healthy, outcome.text});
}

void instance_runtime::cancel_probe() {
  if (probe_signal_) probe_signal_->emit(boost::asio::cancellation_type::terminal);
  probe_signal_ = nullptr;
}

void instance_runtime::end_run(core::run_number run) {
  if (run != run_) return;
  resources_.reset();
  child_.reset();
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
