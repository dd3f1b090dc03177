#include <fmt/format.h>

#include <algorithm>

#include "core/engine.hpp"
#include "server/on_worker.hpp"
#include "supervisor/clock.hpp"
#include "supervisor/driver.hpp"
#include "supervisor/instance_runtime.hpp"

// What is run beside a service for its sake: hooks, the stop command, probes.
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

boost::asio::awaitable<built_launch> instance_runtime::command_launch(argv_template command,
                                                                      const char* purpose) const {
  built_launch launch = build_fault("");
  if (may_block(spec())) {
    auto work = [service = spec(), where = context(), command = std::move(command)] {
      return build_launch(service, where, command);
    };
    auto building = server::on_worker(driver_.workers(), std::move(work));
    launch = co_await std::move(building);
  } else {
    launch = build_launch(spec(), context(), command);
  }
  // Nothing of the instance is touched from here on: it may be forgotten by now.
  if (launch) launch->environment.push_back(std::string("AURORA_HOOK=") + purpose);
  co_return launch;
}

void instance_runtime::run_hook(core::run_number run, core::hook_kind hook) {
  run_ = std::max(run_, run);
  tasks_.spawn(perform_hook(run, hook));
}

boost::asio::awaitable<void> instance_runtime::perform_hook(core::run_number run,
                                                            core::hook_kind hook) {
  auto building = command_launch(command_of(spec().hooks, hook), word(hook));
  auto launch = co_await std::move(building);
  core::event::hook_done done{id_, run, hook, false, {}};
  if (launch) {
    auto running = reactor::run_command(std::move(*launch), hook_limit, hook_output);
    const auto result = co_await std::move(running);
    done.ok = result.ok();
    done.text = fmt::format("{}: {}", word(hook), describe(result));
  } else {
    done.text = fmt::format("{}: {}", word(hook), launch.error().words);
  }
  driver_.post(std::move(done));
}

void instance_runtime::run_stop_command(core::run_number run) {
  tasks_.spawn(perform_stop_command(run));
}

boost::asio::awaitable<void> instance_runtime::perform_stop_command(core::run_number run) {
  auto building = command_launch(spec().stop.command, "stop");
  auto launch = co_await std::move(building);
  core::event::stop_command_done done{id_, run, false, {}};
  if (launch) {
    if (child_) launch->environment.push_back(fmt::format("MAINPID={}", child_->pid()));
    auto running = reactor::run_command(std::move(*launch), spec().stop.timeout, hook_output);
    const auto result = co_await std::move(running);
    done.ok = result.ok();
    done.text = describe(result);
  } else {
    done.text = launch.error().words;
  }
  driver_.post(std::move(done));
}

/// The request of a probe that needs no program; nothing: it needs one.
std::optional<reactor::probe_request> instance_runtime::network_request() const {
  const auto& probe = spec().health->probe;
  const core::instance_variables own{spec().name, driver_.engine().number(id_), port()};
  if (const auto* http = std::get_if<http_probe>(&probe)) {
    reactor::http_request asked;
    asked.url = core::expand(http->url, own);
    asked.status = http->status;
    asked.body = http->body;
    for (const auto& [header, value] : http->headers)
      asked.headers.emplace_back(header, core::expand(value, own));
    asked.method = http->method;
    asked.tls_verify = http->tls_verify;
    return reactor::probe_request(std::move(asked));
  }
  if (const auto* tcp = std::get_if<tcp_probe>(&probe))
    return reactor::probe_request(reactor::tcp_request{core::expand(tcp->address, own)});
  return std::nullopt;
}

boost::asio::awaitable<built_probe> instance_runtime::probe_request() const {
  if (auto request = network_request()) co_return std::move(*request);
  auto building = command_launch(std::get<exec_probe>(spec().health->probe).command, "health");
  auto launch = co_await std::move(building);
  if (!launch) co_return built_probe(launch.error().words);
  co_return reactor::probe_request(reactor::exec_request{std::move(*launch)});
}

void instance_runtime::probe(core::run_number run) {
  if (!spec().health) return;
  probe_signal_ = nullptr;
  ++probe_serial_;
  probing_ = true;
  // The task may have run to its end before its signal is known here.
  auto& signal = tasks_.spawn(run_probe(run));
  if (probing_) probe_signal_ = &signal;
}

boost::asio::awaitable<void> instance_runtime::run_probe(core::run_number run) {
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
    const auto limit = spec().health->timeout;
    auto request = network_request();
    if (!request) {
      auto building = probe_request();
      auto built = co_await std::move(building);
      if (built) request = std::move(*built);
      if (!built) outcome.text = built.error();
    }
    if (request) {
      auto probing = driver_.prober().probe(std::move(*request), limit);
      outcome = co_await std::move(probing);
    }
  }
  const auto asked = co_await boost::asio::this_coro::cancellation_state;
  if (asked.cancelled() == boost::asio::cancellation_type::none) note_answer(outcome);
  driver_.post(core::event::probe_result{id_, run, outcome.healthy, outcome.text});
}

void instance_runtime::note_answer(const reactor::probe_outcome& outcome) {
  if (!answers_) answers_ = std::make_unique<probe_ring>();
  const probe_answer answer{wall_now(), outcome.healthy, outcome.took, outcome.text};
  answers_->push(answer);
  driver_.note_probe(name(), answer);
}

std::vector<probe_answer> instance_runtime::probe_answers() const {
  return answers_ ? answers_->answers() : std::vector<probe_answer>();
}

void instance_runtime::cancel_probe() {
  if (probe_signal_) probe_signal_->emit(boost::asio::cancellation_type::terminal);
  probe_signal_ = nullptr;
}

}  // namespace aurora::shell
