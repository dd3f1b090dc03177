#pragma once

#include "wire/metrics.hpp"

namespace aurora::wire {

/// A stack in which every family of `/metrics` has a sample.
inline stack_metrics sample_metrics() {
  using namespace std::chrono_literals;
  core::counters counted;
  for (const auto took : {duration(900us), duration(1ms), duration(3s), duration(1h)})
    counted.on_probe("web", took, took < 3s);
  journal_entry entry;
  entry.instance = "web";
  entry.run = 1;
  entry.from = state::stopped;
  entry.to = state::starting;
  counted.on_entry(entry);
  entry.from = state::starting;
  entry.to = state::running;
  entry.when += 700ms;
  counted.on_entry(entry);
  entry.from = state::running;
  entry.to = state::backoff;
  entry.because.exit = exit_status::exited(1);
  counted.on_entry(entry);
  counted.on_lag(30us);

  stack_metrics all;
  all.version = "0.1 \"odd\\ one\"\n";
  auto& web = all.instances.emplace_back();
  web.service = "web";
  web.instance = 2;
  web.state = state::running;
  web.health = health::healthy;
  web.uptime = 1500ms;
  web.held = tree_totals{12'345'678, 9};
  web.cpu_seconds = 0.25;
  web.log_bytes = 1'000'000'000'000'000;
  web.log_dropped_bytes = 0;
  web.counted = *counted.find("web");
  all.instances.emplace_back().service = "db";  // nothing is known of it
  all.lag = counted.lag();
  all.process = {1.5, 8'000'000, 90'000'000, 20, 1024, 1'764'339'710.125};
  return all;
}

}  // namespace aurora::wire
