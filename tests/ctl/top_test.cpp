#include <boost/test/unit_test.hpp>

#include <csignal>

#include "text.hpp"
#include "top_view.hpp"

using namespace aurora::ctl;
using kind = top_key::kind;

namespace {

const steady::time_point start{std::chrono::hours(1)};

service_view service(const std::string& name, const std::string& state) {
  service_view s;
  s.name = s.service = name;
  s.state = state;
  s.health = "none";
  return s;
}

log_line line(const std::string& name, std::uint64_t offset, const std::string& text,
              bool partial = false) {
  return {name, std::nullopt, offset, offset + text.size() + 1, text, partial};
}

struct fixture {
  terminal out{1, when::never};
  top_model model{{}};
  fixture() {
    status_view status;
    status.daemon.name = "shop";
    status.services = {service("api", "running"), service("db", "failed"),
                       service("web", "stopped")};
    status.services[0].uptime = std::chrono::seconds(5);
    status.services[0].cpu_percent = 1.5;
    status.services[2].restarts = 3;
    model.on_snapshot(status, start);
  }
  std::optional<top_change> type(const std::string& text) {
    std::optional<top_change> last;
    for (const char c : text) last = model.press({kind::text, c});
    return last;
  }
  std::optional<top_change> press(kind what) { return model.press({what}); }
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto* s : model.shown(model.status().told())) all.push_back(s->name);
    return all;
  }
  std::string page(std::size_t columns = 100, std::size_t rows = 24,
                   steady::time_point now = start) {
    std::string all;
    for (const auto& text : draw_top(out, model, now, {rows, columns}).lines) all += text + "\n";
    return all;
  }
  bool shows(const std::string& text) { return page().find(text) != std::string::npos; }
};

using words = std::vector<std::string>;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(top, fixture)

// The selection moves, stops at both ends, and stays with its service when others come and go.
BOOST_AUTO_TEST_CASE(selection) {
  BOOST_TEST(model.selected() == "api");
  type("k");
  BOOST_TEST(model.selected() == "api");
  type("j");
  press(kind::down);
  type("j");
  BOOST_TEST(model.selected() == "web");
  press(kind::up);
  BOOST_TEST(model.selected() == "db");
  model.on_removed("api");
  BOOST_TEST(model.selected() == "db");
  model.on_removed("db");
  BOOST_TEST(model.selected() == "web");
  model.on_removed("web");
  BOOST_TEST(model.selected() == "");
  BOOST_TEST(shows("no services"));
  BOOST_TEST(!type("s"));
  BOOST_TEST(!type("r"));
}

// What is typed filters at once by name and state; Escape shows all again.
BOOST_AUTO_TEST_CASE(filter) {
  type("/FAIL");
  BOOST_TEST(names() == words{"db"}, boost::test_tools::per_element());
  BOOST_TEST(model.selected() == "db");
  BOOST_TEST(shows("/FAIL"));
  press(kind::enter);
  BOOST_TEST(shows("filter \"FAIL\": 1"));
  type("/");
  press(kind::backspace);
  type("xyz");
  BOOST_TEST(shows("no service matches"));
  press(kind::escape);
  BOOST_TEST(names().size() == 3U);
}

// Keys typed into the filter are letters and command nothing.
BOOST_AUTO_TEST_CASE(filter_takes_letters) {
  BOOST_TEST(!type("/rsxq"));
  BOOST_TEST(!model.over());
  BOOST_TEST(model.filter() == "rsxq");
}

BOOST_AUTO_TEST_CASE(orders) {
  type("o");
  BOOST_TEST(names() == (words{"db", "api", "web"}), boost::test_tools::per_element());
  type("o");
  BOOST_TEST(names().front() == "api");
  model.on_usage({{"db", 99.0, 5}});
  BOOST_TEST(names().front() == "db");
  type("oo");
  BOOST_TEST(names().front() == "web");
  BOOST_TEST(shows("by restarts"));
  type("o");
  BOOST_TEST(names().front() == "api");
}

// A stop is asked about, any key but y keeps it; a start is not.
BOOST_AUTO_TEST_CASE(start_and_stop) {
  BOOST_TEST(!type("s"));
  BOOST_TEST(shows("stop api? y/n"));
  BOOST_TEST(!type("n"));
  BOOST_TEST(shows("not stopped"));
  type("s");
  const auto stop = type("y");
  BOOST_REQUIRE(stop);
  BOOST_TEST(stop->verb == "stop");
  BOOST_TEST(stop->name == "api");
  type("jj");
  const auto begin = type("s");
  BOOST_REQUIRE(begin);
  BOOST_TEST(begin->verb == "start");
  BOOST_TEST(begin->name == "web");
}

// The question is about who was selected when it was asked.
BOOST_AUTO_TEST_CASE(question_keeps_its_service) {
  type("s");
  model.on_removed("api");
  BOOST_TEST(model.selected() == "db");
  BOOST_TEST(shows("stop api? y/n"));
  BOOST_TEST(type("y")->name == "api");
}

BOOST_AUTO_TEST_CASE(signals) {
  type("xhup");
  const auto change = press(kind::enter);
  BOOST_REQUIRE(change);
  BOOST_TEST(change->verb == "signal");
  BOOST_TEST(change->signal == SIGHUP);
  type("xNOPE");
  BOOST_TEST(!press(kind::enter));
  BOOST_TEST(shows("error: there is no signal \"NOPE\""));
  type("xHUP");
  BOOST_TEST(!press(kind::escape));
  BOOST_TEST(!press(kind::enter));
}

// While the daemon is away it says so, and nothing can be changed.
BOOST_AUTO_TEST_CASE(lost) {
  type("s");
  model.on_lost();
  BOOST_TEST(!type("y"));
  BOOST_TEST(page().rfind("reconnecting", 0) == 0U);
  BOOST_TEST(!type("r"));
  BOOST_TEST(shows("nothing can be changed"));
  BOOST_TEST(!model.changes_within(start));
  model.on_snapshot(model.status().told(), start);
  BOOST_TEST(!shows("reconnecting"));
}

// Another log is not mixed with the one before, nor shown twice after reconnecting.
BOOST_AUTO_TEST_CASE(log_lines) {
  type("l");
  BOOST_TEST(model.wanted_log() == "api");
  top_log& log = model.log();
  log.follow("api");
  log.add(line("api", 0, "of an earlier subscription"));
  BOOST_TEST(log.size() == 0U);
  log.begin();
  log.add(line("api", 0, "first"));
  log.add(line("db", 0, "another's"));
  log.add(line("api", 6, "sec", true));
  log.add(line("api", 10, "ond"));
  log.add(line("api", 0, "first"));
  BOOST_TEST(log.tail(9, 0) == (words{"first", "second"}), boost::test_tools::per_element());
  BOOST_TEST(shows("log of api"));
  BOOST_TEST(shows("second"));
}

// Hostile output can neither move the cursor nor fill the memory.
BOOST_AUTO_TEST_CASE(hostile_log) {
  top_log log;
  log.follow("api");
  log.begin();
  log.add(line("api", 0, "a\tb\x1b[2J\x1b[31mred\x1b[0m\x07\xff\r\xe2\x80\xae"));
  BOOST_TEST(log.tail(1, 0).front() == "a       b^[[2Jred^G\\xff^M\\u202e");
  for (std::uint64_t i = 1; i < 3000; ++i) {
    log.add(line("api", i * 100000, std::string(99000, 'x'), true));
  }
  BOOST_TEST(log.tail(1, 0).front().size() <= 2 * top_log::longest_line);
  for (std::uint64_t i = 3000; i < 9000; ++i) log.add(line("api", i * 100000, "y"));
  BOOST_TEST(log.size() == top_log::most_lines);
}

// A page up looks back, the end follows again.
BOOST_AUTO_TEST_CASE(log_scrolls) {
  type("l");
  model.log().follow("api");
  model.log().begin();
  for (std::uint64_t i = 0; i < 100; ++i) {
    model.log().add(line("api", i * 10, "line " + std::to_string(i)));
  }
  model.set_page(draw_top(out, model, start, {24, 80}).paged);
  BOOST_TEST(shows("line 99"));
  press(kind::page_up);
  BOOST_TEST(!shows("line 99"));
  press(kind::home);
  BOOST_TEST(shows("line 0\n"));
  press(kind::end);
  BOOST_TEST(shows("line 99"));
}

BOOST_AUTO_TEST_CASE(panes) {
  press(kind::enter);
  BOOST_TEST(model.wanted_why() == "api");
  model.explain("db", {"of another"});
  BOOST_TEST(!shows("of another"));
  model.explain("api", {"because"});
  BOOST_TEST(shows("because"));
  BOOST_TEST(shows("log of api"));
  press(kind::enter);
  BOOST_TEST(!shows("stopped"));  // expanded: only the selected one is left
  press(kind::enter);
  BOOST_TEST(!shows("because"));
  BOOST_TEST(shows("stopped"));
  type("?");
  BOOST_TEST(shows("Any key goes back"));
  type("q");
  BOOST_TEST(!model.over());
  type("q");
  BOOST_TEST(model.over());
}

// Every size gets as many lines as it has rows, none too wide, in every mode.
BOOST_AUTO_TEST_CASE(every_size) {
  model.explain("api", words(30, "a long explanation of what happened to this service"));
  for (const char* keys : {"", "l", "w", "/", "x", "?"}) {
    type(keys);
    for (std::size_t columns = 1; columns < 140; columns += 3) {
      for (std::size_t rows = 1; rows < 40; ++rows) {
        const auto drawn = draw_top(out, model, start, {rows, columns});
        BOOST_REQUIRE_EQUAL(drawn.lines.size(), rows);
        for (const auto& text : drawn.lines) BOOST_REQUIRE_LE(display_width(text), columns);
      }
    }
    if (*keys == '/' || *keys == 'x' || *keys == '?') press(kind::escape);
  }
}

// The selected row is on the screen, however many there are.
BOOST_AUTO_TEST_CASE(window_follows_selection) {
  for (int i = 0; i < 200; ++i) {
    model.on_service(service("s" + std::to_string(i), "running"), start);
  }
  press(kind::end);
  const auto drawn = draw_top(out, model, start, {20, 80});
  BOOST_REQUIRE(drawn.selected < drawn.lines.size());
  BOOST_TEST(drawn.lines[drawn.selected].rfind("> s199", 0) == 0U);
}

// Times go on by themselves, and nothing is drawn anew where there is none.
BOOST_AUTO_TEST_CASE(ticks) {
  BOOST_TEST(page(100, 24, start + std::chrono::seconds(37)).find("42s") != std::string::npos);
  BOOST_TEST((model.changes_within(start) == std::chrono::seconds(1)));
  BOOST_TEST((model.changes_within(start + std::chrono::hours(2)) == std::chrono::minutes(1)));
  model.on_service(service("api", "stopped"), start);
  BOOST_TEST(!model.changes_within(start));
}

BOOST_AUTO_TEST_SUITE_END()
