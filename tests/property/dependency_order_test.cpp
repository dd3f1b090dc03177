#include <algorithm>
#include <map>
#include <queue>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/engine.hpp"
#include "property/random.hpp"

using namespace aurora;
using namespace aurora::core;
using namespace aurora::property;
using namespace std::chrono_literals;

namespace {

/// A directed graph without a cycle: an edge goes from a later service to an earlier one.
struct shape {
  std::vector<std::vector<unsigned>> needs;
  std::vector<duration> up, down;  ///< how long each takes until it is ready, and to end
};

shape diamond() { return {{{}, {0}, {0}, {1, 2}}, {5ms, 10ms, 20ms, 5ms}, {1ms, 2ms, 3ms, 4ms}}; }

shape random_shape(dice& roll, unsigned services, unsigned edges) {
  shape made;
  made.needs.resize(services);
  for (unsigned n = 0; n < services; ++n) {
    made.up.emplace_back(std::chrono::milliseconds(1 + roll.below(100)));
    made.down.emplace_back(std::chrono::milliseconds(1 + roll.below(100)));
  }
  for (unsigned drawn = 0; drawn < edges;) {
    const auto from = 1 + roll.below(services - 1);
    auto& needs = made.needs[from];
    const auto to = roll.below(from);
    if (std::find(needs.begin(), needs.end(), to) != needs.end()) continue;
    needs.push_back(to);
    ++drawn;
  }
  return made;
}

std::string name_of(unsigned n) { return "s" + std::to_string(100000 + n); }

stack_spec stack_of(const shape& made) {
  stack_spec stack;
  for (unsigned n = 0; n < made.needs.size(); ++n) {
    service_spec s;
    s.name = name_of(n);
    s.command = {{"/bin/s"}};
    s.ready = ready_on_notify{};
    s.start_timeout = 24h;  // waiting counts
    s.stop.timeout = 1h;
    for (const auto to : made.needs[n]) s.depends_on.push_back({name_of(to)});
    stack.services.push_back(std::move(s));
  }
  return stack;
}

/// Starts and stops a stack of that shape; when each was ready and gone.
class rehearsal {
 public:
  rehearsal(const shape& made, std::uint64_t seed) : made_(made), subject_(stack_of(made), seed) {
    for (unsigned n = 0; n < made_.needs.size(); ++n) number_[*subject_.find(name_of(n))] = n;
    asked_up_.resize(made_.needs.size(), never);
    ready_ = asked_down_ = gone_ = asked_up_;
    commands out;
    subject_.begin(now_, out);
    take(out);
    run();
    began_to_stop_ = now_;
    step(event::shutdown{});
    run();
  }

  /// Each is started in the very moment in which its last dependency is ready; each is told to end
  /// in the very moment in which the last of its dependants is gone.
  bool in_order() const {
    std::vector<instant> may_end(made_.needs.size(), began_to_stop_);
    bool right = subject_.down();
    for (unsigned n = 0; n < made_.needs.size(); ++n) {
      instant may_start = instant(0s);
      for (const auto to : made_.needs[n]) {
        may_start = std::max(may_start, ready_[to]);
        may_end[to] = std::max(may_end[to], gone_[n]);
      }
      right = right && asked_up_[n] == may_start && ready_[n] == may_start + made_.up[n];
    }
    for (unsigned n = 0; n < made_.needs.size(); ++n)
      right = right && asked_down_[n] == may_end[n] && gone_[n] == may_end[n] + made_.down[n];
    return right;
  }

 private:
  static constexpr instant never = instant::max();
  struct due {
    instant at;
    unsigned who;
    bool operator<(const due& other) const { return at > other.at; }
  };

  void run() {
    while (!agenda_.empty()) {
      const auto next = agenda_.top();
      agenda_.pop();
      now_ = next.at;
      const auto id = *subject_.find(name_of(next.who));
      const auto run = subject_.run_of(id);
      if (asked_down_[next.who] == never) {
        ready_[next.who] = now_;
        step(event::signalled_ready{id, run});
      } else {
        gone_[next.who] = now_;
        step(event::main_exited{id, run, exit_status::killed(15), 0});
      }
    }
  }

  void step(const engine_event& e) {
    commands out;
    subject_.step(e, now_, out);
    take(out);
  }

  void take(const commands& out) {
    for (const auto& c : out) {
      if (const auto* asked = std::get_if<command::spawn>(&c)) {
        const auto who = number_.at(asked->id);
        asked_up_[who] = now_;
        agenda_.push({now_ + made_.up[who], who});
        step(event::spawned{asked->id, asked->run, 1000});
      } else if (const auto* told = std::get_if<command::send_signal>(&c)) {
        const auto who = number_.at(told->id);
        asked_down_[who] = now_;
        agenda_.push({now_ + made_.down[who], who});
      }
    }
  }

  const shape& made_;
  engine subject_;
  instant now_ = instant(0s);
  instant began_to_stop_{};
  std::map<instance_id, unsigned> number_;
  std::priority_queue<due> agenda_;
  std::vector<instant> asked_up_, ready_, asked_down_, gone_;
};

}  // namespace

// D07: a diamond comes up and goes down by its edges, both sides at once.
BOOST_AUTO_TEST_CASE(a_diamond) {
  const auto made = diamond();
  BOOST_TEST(rehearsal(made, 1).in_order());
}

// D07: a thousand graphs: each start waits for nothing but its dependencies, so that all take as
// long as the longest path; each stop for nothing but its dependants.
BOOST_AUTO_TEST_CASE(random_graphs) {
  for (unsigned seed = 1; seed <= 1000; ++seed) {
    dice roll(seed);
    const auto services = 2 + roll.below(60);
    const auto made = random_shape(roll, services, roll.below(services * (services - 1) / 4 + 1));
    BOOST_TEST_REQUIRE(rehearsal(made, seed).in_order(), "seed " << seed);
  }
}

// D07: the same with ten thousand edges; fewer of them, for each takes as long as a hundred others.
BOOST_AUTO_TEST_CASE(large_graphs) {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    dice roll(seed);
    const auto made = random_shape(roll, 1000, 10'000);
    BOOST_TEST_REQUIRE(rehearsal(made, seed).in_order(), "seed " << seed);
  }
}
