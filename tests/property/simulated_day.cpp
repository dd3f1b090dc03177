#include "property/simulated_day.hpp"

namespace aurora::property {

using namespace core;
using namespace std::chrono_literals;

namespace {

/// Every tenth is the dependency of the nine that follow it.
stack_spec make_stack(unsigned services) {
  constexpr unsigned first_number = 10000;
  stack_spec stack;
  for (unsigned n = 0; n < services; ++n) {
    service_spec s;
    s.name = "s" + std::to_string(first_number + n);
    s.command = {{"/bin/s"}};
    s.restart.limit = 0;
    s.restart.reset_after = 30s;
    if (n % 10 != 0) s.depends_on = {{"s" + std::to_string(first_number + n - n % 10)}};
    stack.services.push_back(std::move(s));
  }
  return stack;
}

}  // namespace

simulated_day::simulated_day(std::uint64_t seed, unsigned services)
    : subject_(make_stack(services), seed), dice_(seed) {
  commands out;
  subject_.begin(now_, out);
  take(out);
}

void simulated_day::next() {
  const auto due = subject_.next_deadline();
  if (ends_.empty() || (due && *due <= ends_.top().at)) {
    now_ = *due;
    return step(event::tick{});
  }
  const end e = ends_.top();
  ends_.pop();
  now_ = e.at;
  step(event::main_exited{e.who, e.run, exit_status::exited(static_cast<int>(dice_.below(3))), 0});
}

void simulated_day::step(const engine_event& e) {
  commands out;
  ++events_;
  subject_.step(e, now_, out);
  take(out);
}

// Answers to spawns may bring further spawns: a list, no recursion.
void simulated_day::take(commands& first) {
  std::vector<command::spawn> asked;
  collect(first, asked);
  for (std::size_t n = 0; n < asked.size(); ++n) {
    ++spawns_;
    ++events_;
    commands out;
    subject_.step(event::spawned{asked[n].id, asked[n].run, static_cast<int>(spawns_)}, now_, out);
    ends_.push({now_ + std::chrono::milliseconds(dice_.below(170'000)), asked[n].id, asked[n].run});
    collect(out, asked);
  }
}

void simulated_day::collect(const commands& all, std::vector<command::spawn>& asked) {
  for (const auto& c : all) {
    trace_.add(c.index());
    if (const auto* r = std::get_if<command::record>(&c))
      trace_.add(static_cast<std::uint64_t>(r->entry.when.time_since_epoch().count()))
          .add(static_cast<std::uint64_t>(r->entry.why));
    if (const auto* s = std::get_if<command::spawn>(&c)) asked.push_back(*s);
  }
}

}  // namespace aurora::property
