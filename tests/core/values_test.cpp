#include <boost/test/unit_test.hpp>

#include <aurora/exit_status.hpp>
#include <aurora/plan.hpp>

#include "core/budget.hpp"
#include "core/chance.hpp"
#include "core/moments.hpp"
#include "core/stage.hpp"
#include "core/timeline.hpp"

using namespace aurora;
using namespace aurora::core;
using namespace aurora::core::testing;

BOOST_AUTO_TEST_SUITE(values)

// P17: every code and every signal is told apart and named exactly.
BOOST_AUTO_TEST_CASE(exits) {
  for (int code = 0; code < 256; ++code)
    BOOST_TEST(describe(exit_status::exited(code)) == "exit code " + std::to_string(code));
  BOOST_TEST(describe(exit_status::killed(9)) == "SIGKILL");
  BOOST_TEST(describe(exit_status::killed(11, true)) == "SIGSEGV (core dumped)");
  exit_status oom = exit_status::killed(9);
  oom.why = exit_status::cause::oom;
  BOOST_TEST(describe(oom) == "SIGKILL (OOM)");
  BOOST_TEST(describe(exit_status{}) == "unknown");
}

// Each signal's name leads back to its number, in every form that people type.
BOOST_AUTO_TEST_CASE(signals) {
  for (int number = 1; number <= 64; ++number) {
    if (number == 32 || number == 33) continue;
    BOOST_TEST(signal_number(signal_name(number)) == number);
    BOOST_TEST(signal_number(std::to_string(number)) == number);
  }
  for (const char* name : {"SIGTERM", "TERM", "term", "sigterm", "15"})
    BOOST_TEST(signal_number(name) == 15);
  BOOST_TEST(signal_name(36) == "SIGRTMIN+2");
  BOOST_TEST(signal_number("RTMAX-1") == 63);
  for (const char* name :
       {"", "SIG", "SIGNO", "0", "65", "-1", "1.5", "SIGRTMIN+31", "RTMIN-1", "999999999999"})
    BOOST_TEST(signal_number(name) == 0);
  BOOST_TEST(signal_name(99) == "signal 99");
}

// An instance's own variables are closed, dollars are unescaped, all else stays as it is.
BOOST_AUTO_TEST_CASE(expansion) {
  const instance_variables mine{"web", 2, std::uint16_t{5001}};
  BOOST_TEST(expand(templated{"http://h:${PORT}/${AURORA_SERVICE}@${AURORA_INSTANCE}"}, mine) ==
             "http://h:5001/web@2");
  BOOST_TEST(expand(templated{"$$HOME costs 5$ ${OTHER} $${PORT} ${PORT"}, mine) ==
             "$HOME costs 5$ ${OTHER} ${PORT} ${PORT");
  BOOST_TEST(expand(templated{"[${PORT}]"}, {"web", 1, std::nullopt}) == "[]");
  BOOST_TEST((expand(argv_template{{"a"}, {"${PORT}"}}, mine) == lines{"a", "5001"}));
}

// Instances are named by number only where there are several.
BOOST_AUTO_TEST_CASE(names) {
  service_spec spec = service("web");
  BOOST_TEST(instance_name(spec, 1) == "web");
  spec.instances = 10;
  BOOST_TEST(instance_name(spec, 10) == "web@10");
  stage s({spec, service("a"), service("webs")});
  lines order;
  for (const auto id : s.subject.instances()) order.push_back(s.subject.name(id));
  BOOST_TEST(order.front() == "a");
  BOOST_TEST(order[2] == "web@2");
  BOOST_TEST(order[10] == "web@10");
  BOOST_TEST(order.back() == "webs");
}

// Every state, reason and action has a word of its own.
BOOST_AUTO_TEST_CASE(words) {
  std::vector<std::string> seen;
  for (int value = 0; value <= static_cast<int>(reason::unreachable); ++value)
    seen.emplace_back(to_string(static_cast<reason>(value)));
  std::sort(seen.begin(), seen.end());
  BOOST_TEST((std::adjacent_find(seen.begin(), seen.end()) == seen.end()));
  BOOST_TEST((std::find(seen.begin(), seen.end(), "unknown") == seen.end()));
  BOOST_TEST(to_string(reason::operator_start) == "operator-start");
  BOOST_TEST(to_string(state::backoff) == "backoff");
}

// The delay doubles up to its cap, moves by the jitter, and never overflows.
BOOST_AUTO_TEST_CASE(delays) {
  restart_spec rule;
  BOOST_TEST((restart_delay(rule, 1, 0.5) == 500ms));
  BOOST_TEST((restart_delay(rule, 4, 0.5) == 4s));
  BOOST_TEST((restart_delay(rule, 4, 0.0) == 3600ms));
  BOOST_TEST((restart_delay(rule, 4, 1.0) == 4400ms));
  for (const unsigned n : {10U, 1000U, 4000000000U})
    BOOST_TEST((restart_delay(rule, n, 0.5) == 30s));
  rule.factor = 1e308;
  rule.max_delay = duration::max();
  BOOST_TEST((restart_delay(rule, 4000000000U, 1.0) > 1h));
  rule.delay = 0ms;
  BOOST_TEST((restart_delay(rule, 9, 1.0) == 0ms));
  BOOST_TEST((spawn_retry_delay(1) == 500ms));
  BOOST_TEST((spawn_retry_delay(4000000000U) == 30s));
  BOOST_TEST((after(instant(1s), duration::max()) == never));
  BOOST_TEST((after(instant(1s), -5s) == instant(1s)));
}

// The timeline gives back what was set, earliest first, whatever was moved or removed before.
BOOST_AUTO_TEST_CASE(timeline_order) {
  timeline t;
  chance luck(7);
  std::map<timeline::key, instant> model;
  for (int n = 0; n < 20000; ++n) {
    const auto who = static_cast<timeline::key>(luck.next() % 200);
    const bool remove = luck.next() % 4 == 0;
    const instant at = remove ? never : instant(duration(luck.next() % 1000));
    t.set(who, at);
    if (remove)
      model.erase(who);
    else
      model[who] = at;
    const auto first = std::min_element(model.begin(), model.end(), [](auto& a, auto& b) {
      return a.second != b.second ? a.second < b.second : a.first < b.first;
    });
    BOOST_REQUIRE(t.first().has_value() == !model.empty());
    if (model.empty()) continue;
    BOOST_REQUIRE((t.first()->at == first->second));
    BOOST_REQUIRE(t.first()->who == first->first);
  }
}

BOOST_AUTO_TEST_SUITE_END()
