#include <chrono>
#include <queue>

#include <boost/test/unit_test.hpp>

#include "core/engine.hpp"
#include "property/random.hpp"

using namespace aurora;
using namespace aurora::core;
using namespace aurora::property;
using namespace std::chrono_literals;

namespace {

constexpr unsigned services = 1000;
constexpr unsigned restarts = 1'000'000;

/// A thousand services that each live for about a minute and a half, for about a day.
class day {
 public:
  explicit day(std::uint64_t seed) : subject_(make_stack(), seed), dice_(seed) {
    commands out;
    subject_.begin(now_, out);
    take(out);
    while (spawns_ < services + restarts) next();
  }

  std::uint64_t trace() const { return trace_.value(); }
  duration length() const { return now_ - instant(0s); }
  unsigned spawns() const { return spawns_; }
  std::uint64_t stale() const { return subject_.stale_events(); }

 private:
  struct end {
    instant at;
    instance_id who;
    run_number run;
    bool operator<(const end& other) const {
      return at != other.at ? at > other.at : who > other.who;
    }
  };

  static stack_spec make_stack() {
    stack_spec stack;
    for (unsigned n = 0; n < services; ++n) {
      service_spec s;
      s.name = "s" + std::to_string(10000 + n);
      s.command = {{"/bin/s"}};
      s.restart.limit = 0;
      s.restart.reset_after = 30s;
      if (n % 10 != 0) s.depends_on = {{"s" + std::to_string(10000 + n - n % 10)}};
      stack.services.push_back(std::move(s));
    }
    return stack;
  }

  void next() {
    const auto due = subject_.next_deadline();
    if (ends_.empty() || (due && *due <= ends_.top().at)) {
      now_ = *due;
      return step(event::tick{});
    }
    const end e = ends_.top();
    ends_.pop();
    now_ = e.at;
    step(
        event::main_exited{e.who, e.run, exit_status::exited(static_cast<int>(dice_.below(3))), 0});
  }

  void step(const engine_event& e) {
    commands out;
    subject_.step(e, now_, out);
    take(out);
  }

  // Answers to spawns may bring further spawns: a list, no recursion.
  void take(commands& first) {
    std::vector<command::spawn> asked;
    collect(first, asked);
    for (std::size_t n = 0; n < asked.size(); ++n) {
      ++spawns_;
      commands out;
      subject_.step(event::spawned{asked[n].id, asked[n].run, static_cast<int>(spawns_)}, now_,
                    out);
      ends_.push(
          {now_ + std::chrono::milliseconds(dice_.below(170'000)), asked[n].id, asked[n].run});
      collect(out, asked);
    }
  }

  void collect(const commands& all, std::vector<command::spawn>& asked) {
    for (const auto& c : all) {
      trace_.add(c.index());
      if (const auto* r = std::get_if<command::record>(&c))
        trace_.add(static_cast<std::uint64_t>(r->entry.when.time_since_epoch().count()))
            .add(static_cast<std::uint64_t>(r->entry.why));
      if (const auto* s = std::get_if<command::spawn>(&c)) asked.push_back(*s);
    }
  }

  engine subject_;
  dice dice_;
  instant now_ = instant(0s);
  std::priority_queue<end> ends_;
  hasher trace_;
  unsigned spawns_ = 0;
};

}  // namespace

// A day of a million restarts of a thousand services, twice: the traces are the same to the last
// nanosecond, and no result was taken for another run's.
BOOST_AUTO_TEST_CASE(a_day_repeats) {
  const day first(42), second(42);
  BOOST_TEST(first.spawns() >= restarts);
  BOOST_TEST((first.length() > 20h));
  BOOST_TEST((first.length() < 28h));
  BOOST_TEST(first.stale() == 0U);
  BOOST_TEST(first.trace() == second.trace());
}
