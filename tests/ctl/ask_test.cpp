#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>

#include "fake_server.hpp"
#include "program.hpp"

using namespace aurora::test;

namespace {

struct fixture {
  temp_dir dir;
  fake_server daemon{dir / "aurorad.sock"};
  outcome ctl(std::vector<std::string> arguments, const program::setup& how = {}) {
    arguments.insert(arguments.begin(), {"--state-dir", dir.path().string()});
    return run(arguments, how);
  }
  void has(const std::vector<std::string>& services) {
    daemon.on("GET /api/v1/status", status_json(services));
  }
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

program::setup on_terminal(const std::string& columns) {
  program::setup how;
  how.to = program::output::terminal;
  how.environment = {{"COLUMNS", columns}};
  return how;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(asking, fixture)

// Piped, the table has no colour and nothing is cut; a word stands beside each mark.
BOOST_AUTO_TEST_CASE(status_piped) {
  const std::string long_name(60, 'n');
  has({service_json("web"), service_json(long_name, "failed")});
  const auto r = ctl({"status"}, {{{"COLUMNS", "40"}}, program::output::pipe, "", ""});
  BOOST_TEST(r.code == 0);
  BOOST_TEST(contains(r.out, "NAME"));
  BOOST_TEST(contains(r.out, "● running"));
  BOOST_TEST(contains(r.out, "✗ failed"));
  BOOST_TEST(contains(r.out, long_name));
  BOOST_TEST(contains(r.out, "11.8 MiB"));
  BOOST_TEST(!contains(r.out, "\x1b"));
}

// On a terminal it is coloured, and no line is wider than the terminal; NO_COLOR and --color rule.
BOOST_AUTO_TEST_CASE(status_on_a_terminal) {
  has({service_json("web"), service_json("worker", "failed", R"(,"reason":"limit-reached")")});
  const auto r = ctl({"status"}, on_terminal("60"));
  BOOST_TEST(contains(r.out, "\x1b[32m"));
  BOOST_TEST(contains(ctl({"status", "--color", "never"}, on_terminal("60")).out, "\x1b") == false);
  auto plain = on_terminal("60");
  plain.environment["NO_COLOR"] = "1";
  const auto text = ctl({"status"}, plain).out;
  BOOST_TEST(!contains(text, "\x1b"));
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    const auto line = text.substr(at, end - at);
    const auto columns =
        std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; });
    BOOST_TEST(columns <= 61, line);  // the carriage return of the terminal included
    at = end + 1;
  }
}

// Where the locale is not UTF-8 plain letters stand for the marks.
BOOST_AUTO_TEST_CASE(status_in_ascii) {
  has({service_json("web")});
  const auto r = ctl({"status"}, {{{"LC_ALL", "C"}}, program::output::pipe, "", ""});
  BOOST_TEST(contains(r.out, "* running"));
  BOOST_TEST(std::none_of(r.out.begin(), r.out.end(), [](char c) { return (c & 0x80) != 0; }));
}

// The code says whether what was asked about is well, in every format alike.
BOOST_AUTO_TEST_CASE(status_codes) {
  has({service_json("web"), service_json("job", "completed"), service_json("db", "stopped"),
       service_json("sick", "running", R"(,"health":"unhealthy")")});
  for (const std::vector<std::string>& format :
       std::vector<std::vector<std::string>>{{}, {"--json"}, {"-q"}, {"--color", "always"}}) {
    const auto code_of = [&](std::vector<std::string> arguments) {
      arguments.insert(arguments.end(), format.begin(), format.end());
      return ctl(arguments).code;
    };
    BOOST_TEST(code_of({"status"}) == 0);
    BOOST_TEST(code_of({"status", "web", "job"}) == 0);
    BOOST_TEST(code_of({"status", "db"}) == 3);
    BOOST_TEST(code_of({"status", "web", "sick"}) == 3);
    BOOST_TEST(code_of({"status", "wbe"}) == 4);
  }
  BOOST_TEST(contains(ctl({"status", "wbe"}).err, "did you mean \"web\"?"));
}

// --json is the daemon's own answer, and with names the same shape with those.
BOOST_AUTO_TEST_CASE(status_json_form) {
  has({service_json("web"), service_json("db", "stopped")});
  BOOST_TEST(ctl({"status", "--json"}).out ==
             status_json({service_json("web"), service_json("db", "stopped")}) + "\n");
  const auto one = ctl({"status", "--json", "web"}).out;
  BOOST_TEST(contains(one, R"("uptime_seconds":4.9)"));
  BOOST_TEST(contains(one, R"("name":"web")"));
  BOOST_TEST(!contains(one, R"("name":"db")"));
}

// Fault A17: nobody there, one that hangs, one that dies in its answer, one that speaks gibberish.
BOOST_AUTO_TEST_CASE(daemon_in_trouble) {
  const temp_dir empty;
  const auto none = run({"--state-dir", empty.path().string(), "status"});
  BOOST_TEST(none.code == 7);
  BOOST_TEST(contains(none.err, "no daemon is running at"));
  BOOST_TEST(contains(none.err, "aurorctl up -d"));
  fake_server::answer cut;
  cut.how = fake_server::answer::way::cut;
  daemon.on("GET /api/v1/status", cut);
  BOOST_TEST(ctl({"status"}).code == 7);
  fake_server::answer gibberish;
  gibberish.body = "<html>";
  daemon.on("GET /api/v1/status", gibberish);
  BOOST_TEST(ctl({"status"}).code == 1);
  fake_server::answer hung;
  hung.how = fake_server::answer::way::never;
  daemon.on("GET /api/v1/status", hung);
  const auto began = std::chrono::steady_clock::now();
  const auto r = ctl({"status"});
  BOOST_TEST(r.code == 7);
  BOOST_TEST(contains(r.err, "does not answer in time"));
  BOOST_TEST((std::chrono::steady_clock::now() - began >= std::chrono::seconds(5)));
}

// A socket path longer than sockaddr_un is as good as any.
BOOST_AUTO_TEST_CASE(long_socket_path) {
  const std::string deep = dir / (std::string(100, 'a') + "/" + std::string(100, 'b'));
  std::filesystem::create_directories(deep);
  std::filesystem::create_symlink(dir / "aurorad.sock", deep + "/aurorad.sock");
  has({service_json("web")});
  BOOST_TEST(run({"--state-dir", deep, "status", "web"}).code == 0);
  BOOST_TEST(run({"-H", "unix://" + deep + "/aurorad.sock", "status", "web"}).code == 0);
}

// A problem of the daemon's is told with its hint and its code, whatever verb met it.
BOOST_AUTO_TEST_CASE(problems) {
  const auto refuse = [&](const std::string& type, unsigned status) {
    fake_server::answer a;
    a.status = status;
    a.body = R"({"type":")" + type +
             R"(","title":"no","detail":"because","hint":"do this","errors":["f:1:2: x"]})";
    daemon.on("GET /api/v1/services/web/why", a);
    return ctl({"why", "web"});
  };
  BOOST_TEST(refuse("no-such-service", 404).code == 4);
  BOOST_TEST(refuse("forbidden", 403).code == 5);
  BOOST_TEST(refuse("invalid-configuration", 422).code == 6);
  const auto other = refuse("shutting-down", 503);
  BOOST_TEST(other.code == 1);
  BOOST_TEST(contains(other.err, "no: because"));
  BOOST_TEST(contains(other.err, "hint: do this"));
  BOOST_TEST(contains(other.err, "f:1:2: x"));
}

// `check` is well when all that was asked about is.
BOOST_AUTO_TEST_CASE(check_codes) {
  const auto probes = [&](const std::string& list) {
    daemon.on("POST /api/v1/check", R"({"probes":[)" + list + "]}");
  };
  probes(R"({"name":"web","healthy":true,"state":"running","text":"HTTP 200","took_ms":1.5},
            {"name":"off","healthy":null,"state":"stopped","text":"","took_ms":0})");
  const auto well = ctl({"check"});
  BOOST_TEST(well.code == 0);
  BOOST_TEST(contains(well.out, "HTTP 200"));
  BOOST_TEST(ctl({"check", "off"}).code == 3);
  probes(R"({"name":"web","healthy":false,"state":"running","text":"HTTP 503","took_ms":1.5})");
  BOOST_TEST(ctl({"check"}).code == 3);
  BOOST_TEST(ctl({"check", "--json"}).code == 3);
  BOOST_TEST(ctl({"check", "-q"}).out == "");
}

// `why` reads aloud: the sentence, the chain with its evidence, the last words, the rule, the next.
BOOST_AUTO_TEST_CASE(why_tells_all) {
  daemon.on("GET /api/v1/services/web%402/why",
            R"({"explanations":[{"instance":"web@2","state":"backoff","summary":"web@2 was killed.",
                "chain":[{"at":"2026-11-23T12:00:00.000Z","text":"started","detail":[]},
                         {"at":"2026-11-23T12:00:04.000Z","text":"killed by SIGKILL","detail":["out of memory"]}],
                "rule":"restart always","next":"starts again in 1.9 s","last_lines":["bad \u001b]0;x\u0007"],
                "waits_for":["db"]}]})");
  const auto r = ctl({"why", "web@2"});
  BOOST_TEST(r.code == 0);
  std::size_t at = 0;
  for (const char* part :
       {"backoff", "web@2 was killed.", "started", "killed by SIGKILL", "out of memory", "db",
        "bad ^[]0;x^G", "restart always", "starts again in 1.9 s"}) {
    const auto found = r.out.find(part, at);
    BOOST_TEST(found != std::string::npos, part);
    at = found == std::string::npos ? at : found;
  }
}

// Events are lines with their reason and evidence.
BOOST_AUTO_TEST_CASE(events_as_lines) {
  daemon.on(
      "GET /api/v1/events",
      R"({"events":[{"sequence":3,"at":"2026-11-23T12:00:00.000Z","instance":"web","from":"running","to":"backoff",
                "reason":"exited","health":"none","run":2,"pid":42,"because":{"exit":{"code":3,"signal":null,
                "core_dumped":false,"cause":null},"text":"","dependency":"","delay_seconds":0.5,"count":1,"limit":10}}]})");
  const auto r = ctl({"events", "-n", "5"});
  BOOST_TEST(r.code == 0);
  BOOST_TEST(contains(r.out, "web"));
  BOOST_TEST(contains(r.out, "ended by itself: exit code 3, 1 of 10, starts again in 0.5s"));
  BOOST_TEST(daemon.wait_for("GET /api/v1/events?last=5"));
  BOOST_TEST(ctl({"events", "-n", "x"}).code == 2);
}

// Logs of several are merged by time with their names; one alone is its bytes.
BOOST_AUTO_TEST_CASE(logs_merged_and_raw) {
  has({service_json("web"), service_json("db")});
  const auto line = [](const std::string& name, int ms, const std::string& text) {
    return R"({"name":")" + name + R"(","at":"2026-11-23T12:00:00.)" + std::to_string(ms) +
           R"(Z","offset":)" + std::to_string(ms) + R"(,"text":")" + text +
           "\",\"partial\":false}\n";
  };
  daemon.on("GET /api/v1/services/web/logs", [&](const std::string& target, const std::string&) {
    fake_server::answer a;
    a.body = contains(target, "lines=7") ? "raw \x1b bytes\xff\n"
                                         : line("web", 100, "one") + line("web", 300, "three");
    return a;
  });
  daemon.on("GET /api/v1/services/db/logs", line("db", 200, "two") + line("db", 400, "ERROR four"));
  BOOST_TEST(ctl({"logs"}).out == "web | one\ndb  | two\nweb | three\ndb  | ERROR four\n");
  BOOST_TEST(ctl({"logs", "--grep", "ERR|thr"}).out == "web | three\ndb  | ERROR four\n");
  BOOST_TEST(ctl({"logs", "--grep", "e|four", "-n", "1"}).out == "web | three\ndb  | ERROR four\n");
  BOOST_TEST(ctl({"logs", "-n", "7", "web"}).out == "raw \x1b bytes\xff\n");
  BOOST_TEST(ctl({"logs", "--grep", "("}).code == 2);
  BOOST_TEST(ctl({"logs", "--since", "soon"}).code == 2);
  BOOST_TEST(ctl({"logs", "nobody"}).code == 4);
}

// On a terminal what a service prints cannot do anything but be read.
BOOST_AUTO_TEST_CASE(logs_harmless_on_a_terminal) {
  has({service_json("web")});
  daemon.on(
      "GET /api/v1/services/web/logs",
      R"({"name":"web","at":"2026-11-23T12:00:00.000Z","offset":1,"text":"\u001b]0;t\u0007 \u001b[31mred","partial":false})");
  const auto r = ctl({"logs", "web"}, on_terminal("80"));
  BOOST_TEST(contains(r.out, "^[]0;t^G \x1b[31mred\x1b[0m"));
}

// A reader that goes away is no failure, and nothing is said about it.
BOOST_AUTO_TEST_CASE(closed_pipe_is_silent) {
  std::vector<std::string> many;
  for (int i = 0; i < 2000; ++i) many.push_back(service_json("service-" + std::to_string(i)));
  has(many);
  program p({"--state-dir", dir.path().string(), "status"});
  p.close_output();
  BOOST_TEST(p.wait() == 0);
  BOOST_TEST(p.err == "");
}

// The names for completion come without noise, and where no daemon is there are none.
BOOST_AUTO_TEST_CASE(names_for_completion) {
  has({service_json("web"), service_json("db")});
  BOOST_TEST(ctl({"__names"}).out == "db\nweb\n");
  const temp_dir empty;
  const auto none = run({"--state-dir", empty.path().string(), "__names"});
  BOOST_TEST(none.code == 0);
  BOOST_TEST(none.out + none.err == "");
}

// Help needs no daemon, and every verb has it.
BOOST_AUTO_TEST_CASE(help_for_every_verb) {
  const auto overview = run({"help"});
  BOOST_TEST(overview.code == 0);
  for (const char* verb :
       {"up",     "down",   "start", "stop",      "restart",    "status", "top",  "check",
        "logs",   "events", "why",   "graph",     "validate",   "doctor", "plan", "rollback",
        "reload", "signal", "scale", "dashboard", "completion", "help"}) {
    BOOST_TEST(contains(overview.out, std::string("\n  ") + verb), verb);
    const auto one = run({verb, "--help"});
    BOOST_TEST(one.code == 0);
    BOOST_TEST(contains(one.out, "example:"), verb);
    BOOST_TEST(run({"help", verb}).out == one.out);
  }
  BOOST_TEST(run({}).code == 2);
  BOOST_TEST(run({"nurse"}).code == 2);
  BOOST_TEST(contains(run({"statsu"}).err, "did you mean \"status\"?"));
}

BOOST_AUTO_TEST_SUITE_END()
