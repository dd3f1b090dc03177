#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <optional>

#include "fake_server.hpp"
#include "program.hpp"

using namespace aurora::test;

namespace {

/// A copy of aurorctl with an `aurorad` beside it that is a script of the test's.
struct fixture {
  temp_dir dir;
  std::string state = dir / "state";
  fixture() {
    std::filesystem::copy_file(AURORCTL_PROGRAM, dir / "aurorctl");
    write_file(dir / "aurora.json", R"({"version": 1, "services": {}})");
  }
  void daemon_is(const std::string& script) {
    write_file(dir / "aurorad", "#!/bin/sh\n" + script + "\n");
    ::chmod((dir / "aurorad").c_str(), 0755);
  }
  program::setup setup() {
    program::setup how;
    how.file = dir / "aurorctl";
    how.directory = dir.path().string();
    return how;
  }
  std::vector<std::string> with_state(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--state-dir", state});
    return arguments;
  }
  outcome ctl(const std::vector<std::string>& arguments) {
    return run(with_state(arguments), setup());
  }
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

const char* const one_started =
    R"({"operation":{"finished":true,"targets":[{"name":"web","result":"already","state":"running","detail":""}]}})";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(launching, fixture)

// A daemon that refuses its configuration is told by its own words and code, at once.
BOOST_AUTO_TEST_CASE(invalid_configuration) {
  daemon_is("echo 'old line'; echo 'aurora.json:1:1: broken' >&2; exit 6");
  for (const std::vector<std::string>& verb :
       std::vector<std::vector<std::string>>{{"up", "-d"}, {"up"}, {"start", "web"}}) {
    const auto r = ctl(verb);
    BOOST_TEST(r.code == 6);
    BOOST_TEST(contains(r.err, "aurora.json:1:1: broken"));
  }
  BOOST_TEST(read_file(state + "/logs/aurorad.log").find("broken") != std::string::npos);
}

// Only what this daemon said is shown, not what an earlier one had.
BOOST_AUTO_TEST_CASE(only_its_own_words) {
  std::filesystem::create_directories(state + "/logs");
  write_file(state + "/logs/aurorad.log", "words of yesterday\n");
  daemon_is("echo 'today' >&2; exit 3");
  const auto r = ctl({"up", "-d"});
  BOOST_TEST(r.code == 1);
  BOOST_TEST(contains(r.err, "ended with exit code 3"));
  BOOST_TEST(contains(r.err, "today"));
  BOOST_TEST(!contains(r.err, "yesterday"));
}

// Without a configuration nothing is started, and it is said where was looked.
BOOST_AUTO_TEST_CASE(no_configuration) {
  std::filesystem::remove(dir / "aurora.json");
  daemon_is("exit 0");
  const auto r = ctl({"up", "-d"});
  BOOST_TEST(r.code == 6);
  BOOST_TEST(contains(r.err, "aurora.json"));
}

// Links where the daemon's log is to be are not followed, and a folder of somebody else is no place
// for it: what they lead to is neither made nor written.
BOOST_AUTO_TEST_CASE(a_log_is_not_led_astray) {
  daemon_is("echo written; exit 1");
  const std::string victim = dir / "victim";
  std::filesystem::create_directories(state + "/logs");
  std::filesystem::create_symlink(victim, state + "/logs/aurorad.log");
  BOOST_TEST(ctl({"up", "-d"}).code != 0);
  BOOST_TEST(!std::filesystem::exists(victim));
  std::filesystem::remove_all(state + "/logs");
  std::filesystem::create_directory(victim);
  std::filesystem::create_symlink(victim, state + "/logs");
  BOOST_TEST(ctl({"up", "-d"}).code != 0);
  BOOST_TEST(std::filesystem::is_empty(victim));
  if (::geteuid() != 0) return;
  std::filesystem::remove(state + "/logs");
  BOOST_REQUIRE(::chown(state.c_str(), 4711, 4711) == 0);
  const auto foreign = ctl({"up", "-d"});
  BOOST_TEST(foreign.code == 5);
  BOOST_TEST(contains(foreign.err, "belongs to uid 4711"));
  BOOST_TEST(!std::filesystem::exists(state + "/logs"));
}

// The folders above a state directory are made.
BOOST_AUTO_TEST_CASE(a_state_directory_may_lie_deep) {
  daemon_is("exit 1");
  state = dir / "a/b/state";
  ctl({"up", "-d"});
  BOOST_TEST(std::filesystem::exists(state + "/logs/aurorad.log"));
}

// The state directory is private from the first moment on.
BOOST_AUTO_TEST_CASE(state_directory_is_private) {
  daemon_is("exit 6");
  ctl({"up", "-d"});
  struct stat s {};
  BOOST_TEST(::stat(state.c_str(), &s) == 0);
  BOOST_TEST((s.st_mode & 0777) == 0700);
}

/// A daemon that runs until the test's end, with a server of the test's behind its socket.
struct running_fixture : fixture {
  std::string started = dir / "started", hold = dir / "hold";
  std::optional<fake_server> server;
  int hold_fd = -1;
  running_fixture() {
    ::mkfifo(started.c_str(), 0600);
    ::mkfifo(hold.c_str(), 0600);
    daemon_is("trap '' INT TERM\necho \"$$ $*\" > '" + started + "'\nread line < '" + hold +
              "'\nexit ${line:-0}");
  }
  ~running_fixture() { end("0"); }

  /// Blocks until the daemon has been launched, then makes its socket answer. Returns its
  /// arguments.
  std::string serve(bool attached = false) { return serve(read_file(started), attached); }
  std::string serve(const std::string& arguments, bool attached) {
    hold_fd = ::open(hold.c_str(), O_RDWR | O_CLOEXEC);
    server.emplace(state + "/next.sock");
    std::string status = status_json(
        {service_json("web"), service_json("lazy", "stopped", R"(,"reason":"not-started")")});
    status.replace(status.find(R"("pid":7,"keeper_pid":7)"), 22,
                   "\"pid\":" + arguments.substr(0, arguments.find(' ')));
    server->on("GET /api/v1/status", status);
    server->on("POST /api/v1/start", one_started);
    server->on("GET /api/v1/services/web/logs", attached ? "{}" : "");
    server->on("GET /api/v1/services/lazy/logs", "");
    server->on("POST /api/v1/shutdown", R"({"operation":{"finished":false,"targets":[]}})");
    server->greet({snapshot_json(status)});
    server->on("GET /healthz", "ok");
    std::filesystem::rename(state + "/next.sock", state + "/aurorad.sock");  // whole from the start
    return arguments;
  }
  /// Lets the daemon exit with this code.
  void end(const std::string& code) {
    if (hold_fd < 0) return;
    if (server) server->drop();
    server.reset();
    std::filesystem::remove(state + "/aurorad.sock");
    const std::string line = code + "\n";
    if (::write(hold_fd, line.data(), line.size()) < 0)
      BOOST_TEST(false, "the daemon cannot be ended");
    ::close(hold_fd);
    hold_fd = -1;
  }
};

// `up -d` launches and waits until all that the daemon starts by itself is up. It asks for nothing:
// a oneshot that was quick would run twice.
BOOST_FIXTURE_TEST_CASE(up_detached, running_fixture) {
  program p(with_state({"up", "-d"}), setup());
  const auto arguments = serve();
  BOOST_TEST(contains(arguments, "--config " + (dir / "aurora.json")));
  BOOST_TEST(contains(arguments, "--state-dir " + state));
  BOOST_TEST(p.wait() == 0);
  BOOST_TEST(contains(p.out, "daemon started, pid"));
  BOOST_TEST(contains(p.out, "web is running"));
  for (const auto& request : server->requests()) BOOST_TEST(!contains(request, "POST"));
}

// With a daemon there, `up -d` starts what is not up, but for what completed or was left alone.
BOOST_FIXTURE_TEST_CASE(up_again, running_fixture) {
  program first(with_state({"up", "-d"}), setup());
  serve();
  BOOST_TEST(first.wait() == 0);
  server->on("GET /api/v1/status",
             status_json({service_json("web"),
                          service_json("off", "stopped", R"(,"reason":"operator-stop")"),
                          service_json("job", "completed"),
                          service_json("lazy", "stopped", R"(,"reason":"not-started")")}));
  program p(with_state({"up", "-d", "--timeout", "100ms"}), setup());
  BOOST_TEST(p.wait() == 1);  // "off" stays down in this script
  BOOST_TEST(server->wait_for(R"({"services":["web","off"]})"));
}

// Ctrl-C while the daemon starts stops it too, as soon as it answers: nothing is left behind.
BOOST_FIXTURE_TEST_CASE(up_interrupted_early, running_fixture) {
  program p(with_state({"up"}), setup());
  const std::string arguments = read_file(started);
  p.signal(SIGINT);
  serve(arguments, false);
  BOOST_TEST(server->wait_for("POST /api/v1/shutdown "));
  end("0");
  BOOST_TEST(p.wait() == 0);
}

// Attached: output with names, Ctrl-C stops all, the end of the daemon is the end.
BOOST_FIXTURE_TEST_CASE(up_attached, running_fixture) {
  program p(with_state({"up"}), setup());
  serve();
  BOOST_TEST(server->wait_for("subscribe"));
  server->push(log_json("web", 3, "hello"));
  BOOST_TEST(p.printed("web  | hello\n"));
  p.signal(SIGINT);
  BOOST_TEST(p.printed("stopping all"));
  BOOST_TEST(server->wait_for("POST /api/v1/shutdown "));
  p.signal(SIGINT);
  BOOST_TEST(p.printed("still alive: web (pid 42)"));
  BOOST_TEST(server->wait_for("POST /api/v1/shutdown?force=1"));
  end("0");
  BOOST_TEST(p.wait() == 0);
  BOOST_TEST(contains(p.out, "all stopped"));
}

// A daemon that ends by itself with a failure ends `up` with one.
BOOST_FIXTURE_TEST_CASE(up_attached_critical, running_fixture) {
  program p(with_state({"up"}), setup());
  serve();
  BOOST_TEST(server->wait_for("subscribe"));
  end("9");
  BOOST_TEST(p.wait() == 1);
  BOOST_TEST(contains(p.err, "the daemon has ended with exit code 9"));
}

// Services that come up while the past is fetched do not disturb it.
BOOST_FIXTURE_TEST_CASE(up_while_services_come, running_fixture) {
  program p(with_state({"up"}), setup());
  serve();
  int made = 0;
  const auto more = [&](const std::string&, const std::string&) {
    for (int i = 0; made < 200 && i < 20; ++i, ++made) {
      const std::string name = "new" + std::to_string(made);
      server->on("GET /api/v1/services/" + name + "/logs", "");
      server->push(R"({"type":"status","service":)" + service_json(name) + "}");
    }
    return fake_server::answer();
  };
  server->on("GET /api/v1/services/web/logs", more);
  server->on("GET /api/v1/services/lazy/logs", more);
  server->push(R"({"type":"subscribed","logs":[]})");
  BOOST_TEST(server->wait_for("GET /api/v1/services/new199/logs"));
  server->push(log_json("new199", 1, "hello"));
  BOOST_TEST(p.printed("hello\n"));
  end("0");
  BOOST_TEST(p.wait() == 0);
}

// `down` returns when the process itself is gone, not when it has answered.
BOOST_FIXTURE_TEST_CASE(down_waits_for_the_process, running_fixture) {
  program up(with_state({"up", "-d"}), setup());
  serve();
  BOOST_TEST(up.wait() == 0);
  program p(with_state({"down"}), setup());
  BOOST_TEST(server->wait_for("POST /api/v1/shutdown"));
  end("0");
  BOOST_TEST(p.wait() == 0);
  BOOST_TEST(p.out == "all stopped, the daemon has ended\n");
}

// --timeout gives up the waiting and says so.
BOOST_FIXTURE_TEST_CASE(down_gives_up, running_fixture) {
  program up(with_state({"up", "-d"}), setup());
  serve();
  BOOST_TEST(up.wait() == 0);
  const auto r = run(with_state({"down", "--timeout", "100ms"}), setup());
  BOOST_TEST(r.code == 124);
  BOOST_TEST(contains(r.err, "timed out after 0.1s"));
}

BOOST_AUTO_TEST_SUITE_END()
