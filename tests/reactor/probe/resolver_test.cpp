#include <atomic>
#include <condition_variable>
#include <mutex>

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

#include "scripted_server.hpp"

using namespace aurora;
using namespace aurora::test;
using namespace std::chrono_literals;

namespace {

/// A name server that answers nothing until it is told to, and counts who waits.
struct silent_names {
  struct shared {
    std::mutex mutex;
    std::condition_variable released;
    bool open = false;
    std::vector<std::string> asked;
    unsigned waiting = 0;
    unsigned most_waiting = 0;
  };
  std::shared_ptr<shared> state = std::make_shared<shared>();

  ~silent_names() { release(); }
  void release() {
    const std::lock_guard lock(state->mutex);
    state->open = true;
    state->released.notify_all();
  }
  unsigned waiting() {
    const std::lock_guard lock(state->mutex);
    return state->waiting;
  }
  unsigned most_waiting() {
    const std::lock_guard lock(state->mutex);
    return state->most_waiting;
  }
  std::vector<std::string> asked() {
    const std::lock_guard lock(state->mutex);
    return state->asked;
  }
  reactor::resolve_function function() {
    return [s = state](const reactor::host_port& at) {
      std::unique_lock lock(s->mutex);
      s->asked.push_back(at.host);
      s->most_waiting = std::max(s->most_waiting, ++s->waiting);
      s->released.wait(lock, [&] { return s->open; });
      --s->waiting;
      reactor::resolved answer;
      answer.addresses.emplace_back(asio::ip::address_v4::loopback(), at.port);
      return answer;
    };
  }
};

reactor::resolve_function gives(std::vector<asio::ip::address> addresses) {
  return [addresses](const reactor::host_port& at) {
    reactor::resolved answer;
    for (const auto& each : addresses) answer.addresses.emplace_back(each, at.port);
    return answer;
  };
}

std::string url(const std::string& host, unsigned port) {
  return fmt::format("http://{}:{}/", host, port);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(names)

BOOST_AUTO_TEST_CASE(a_name_is_asked_for_off_the_loop) {
  // The everyday case: the answer comes back to the loop and is dialled.
  probing p(gives({asio::ip::address_v4::loopback()}));
  scripted_server server(p.loop, answers("HTTP/1.1 200 OK\r\n\r\n"));
  const auto outcome = p.run(get(url("web.internal", server.port())));
  BOOST_TEST(outcome.healthy, outcome.text);
}

BOOST_AUTO_TEST_CASE(addresses_and_localhost_need_no_name_server) {
  // A name server that hangs does not touch them.
  silent_names names;
  probing p(names.function());
  scripted_server server(p.loop, answers("HTTP/1.1 200 OK\r\n\r\n"));
  BOOST_TEST(p.run(get(url("127.0.0.1", server.port()))).healthy);
  BOOST_TEST(p.run(get(url("localhost", server.port()))).healthy);
  BOOST_TEST(names.asked().empty());
}

BOOST_AUTO_TEST_CASE(h08_a_name_that_does_not_exist_is_told) {
  // By the system's own resolver: ".invalid" is promised never to exist (RFC 6761).
  probing p;
  const auto outcome = p.run(get("http://aurora-test.invalid/"));
  BOOST_TEST(!outcome.healthy);
  BOOST_TEST(outcome.text.starts_with("cannot resolve 'aurora-test.invalid': "), outcome.text);
}

BOOST_AUTO_TEST_CASE(h08_a_name_server_that_hangs_costs_the_deadline_and_no_more) {
  // The deadline includes the name; a probe that needs none goes on beside it.
  silent_names names;
  probing p(names.function());
  scripted_server server(p.loop, answers("HTTP/1.1 200 OK\r\n\r\n"));
  const auto outcome = p.run(get(url("slow.internal", server.port())), 100ms);
  BOOST_TEST(outcome.text == "timed out after 100ms while resolving 'slow.internal'");
  BOOST_TEST((outcome.took < 10s));
  BOOST_TEST(p.run(get(server.url())).healthy);
}

BOOST_AUTO_TEST_CASE(h08_threads_do_not_pile_up) {
  // Twelve names that hang, asked again and again: four threads, each name asked once.
  silent_names names;
  reactor::probe_outcome outcomes[12];
  bool done[12] = {};
  probing p(names.function());
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 12; ++i) {
      done[i] = false;
      p.start(get(url(fmt::format("n{}.internal", i), 80)), 150ms, outcomes[i], done[i]);
    }
    BOOST_TEST(run_until(p.loop, [&] { return std::count(done, done + 12, true) == 12; }));
    unsigned late = 0, busy = 0;
    for (const auto& each : outcomes) {
      late += each.text.starts_with("timed out after 150ms while resolving 'n");
      busy += each.text == "name resolution is busy";
    }
    BOOST_TEST(late == 4U);
    BOOST_TEST(busy == 8U);
  }
  BOOST_TEST(names.most_waiting() == 4U);
  BOOST_TEST(names.asked().size() == 4U);
  // Once it answers again, so do the probes.
  names.release();
  scripted_server server(p.loop, answers("HTTP/1.1 200 OK\r\n\r\n"));
  BOOST_TEST(p.run(get(url("n11.internal", server.port()))).healthy);
}

BOOST_AUTO_TEST_CASE(h08_one_question_answers_all_who_ask_it) {
  // Ten services on one host: the name is asked for once, and an impatient one does not disturb.
  silent_names names;
  reactor::probe_outcome outcomes[10], hasty;
  bool done[10] = {}, gave_up = false;
  probing p(names.function());
  scripted_server server(p.loop, answers("HTTP/1.1 200 OK\r\n\r\n"));
  for (int i = 0; i < 10; ++i)
    p.start(get(url("one.internal", server.port())), 60s, outcomes[i], done[i]);
  p.start(get(url("one.internal", server.port())), 10ms, hasty, gave_up);
  BOOST_TEST(run_until(p.loop, [&] { return gave_up; }));
  BOOST_TEST(hasty.text == "timed out after 10ms while resolving 'one.internal'");
  names.release();
  BOOST_TEST(run_until(p.loop, [&] { return std::count(done, done + 10, true) == 10; }));
  for (const auto& each : outcomes) BOOST_TEST(each.healthy, each.text);
  BOOST_TEST(names.asked().size() == 1U);
}

BOOST_AUTO_TEST_CASE(h08_dead_addresses_are_passed_over) {
  // IPv6 first and refused; then one that swallows packets, which has its share and no more; last
  // the one that works.
  probing refused(gives({asio::ip::address_v6::loopback(), asio::ip::address_v4::loopback()}));
  scripted_server server(refused.loop, answers("HTTP/1.1 200 OK\r\n\r\n"));
  const auto outcome = refused.run(get(url("both.internal", server.port())));
  BOOST_TEST(outcome.healthy, outcome.text);

  // 240.0.0.0/4 is routed nowhere: dropped on most machines, refused at once on others.
  probing dropped(gives({asio::ip::make_address("240.0.0.1"), asio::ip::address_v4::loopback()}));
  scripted_server other(dropped.loop, answers("HTTP/1.1 200 OK\r\n\r\n"));
  const auto second = dropped.run(get(url("both.internal", other.port())), 2s);
  BOOST_TEST(second.healthy, second.text);
}

BOOST_AUTO_TEST_CASE(h08_a_hundred_addresses_fit_in_one_deadline) {
  // A record set that no deadline was made for.
  std::vector<asio::ip::address> many;
  for (unsigned i = 0; i < 99; ++i) many.push_back(asio::ip::make_address_v4(0x7F000002U + i));
  many.push_back(asio::ip::address_v4::loopback());
  probing p(gives(many));
  scripted_server server(p.loop, answers("HTTP/1.1 200 OK\r\n\r\n"));
  const auto outcome = p.run(get(url("many.internal", server.port())));
  BOOST_TEST(outcome.healthy, outcome.text);
}

BOOST_AUTO_TEST_CASE(a_resolver_that_throws_is_a_failed_probe) {
  // An embedding program's function may; the loop goes on.
  probing p([](const reactor::host_port&) -> reactor::resolved { throw std::runtime_error("no"); });
  BOOST_TEST(p.run(get("http://x.internal/")).text == "cannot resolve 'x.internal': no");
}

BOOST_AUTO_TEST_CASE(a_prober_ends_while_names_hang) {
  // Its threads come back later, to nobody, and the loop may be gone by then.
  silent_names names;
  {
    reactor::probe_outcome outcome;
    bool done = false;
    probing p(names.function());
    p.start(get("http://slow.internal/"), 60s, outcome, done);
    BOOST_TEST(run_until(
        p.loop, [&] { return names.waiting() == 1; }, 30s));
    p.prober.reset();
    BOOST_TEST(run_until(p.loop, [&] { return done; }));
  }
  names.release();
  BOOST_TEST(true);
}

BOOST_AUTO_TEST_SUITE_END()
