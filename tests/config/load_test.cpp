#include <map>

#include <boost/test/unit_test.hpp>

#include "config/fake_source.hpp"

using namespace aurora;
using namespace aurora::test;

namespace {

bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

fake_source sample_surroundings() {
  fake_source source;
  source.files["/srv/demo/.env"] = "";
  source.files["/srv/demo/conf.d/db.json"] = R"({"services": {"db": {"command": ["db"]}}})";
  return source;
}

const env_vars* vars(const service_spec& of, std::size_t layer) {
  return std::get_if<env_vars>(&of.env.at(layer));
}

std::string file(const service_spec& of, std::size_t layer) {
  return std::get<env_file>(of.env.at(layer)).path;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(load_suite)

BOOST_AUTO_TEST_CASE(the_sample_of_the_contract_loads) {
  // The sample holds every key there is, and each ends where it belongs.
  const auto result = load(full_sample, sample_surroundings());
  BOOST_TEST_REQUIRE(told(result.faults) == "");
  const auto& stack = *result.stack;
  BOOST_TEST(stack.name == "demo");
  BOOST_TEST(stack.config_file == main_file);
  BOOST_TEST(stack.state_dir == "/srv/demo/.aurora");
  BOOST_TEST(stack.prerequisites.size() == 3u);
  BOOST_TEST(stack.services.size() == 2u);
  const auto& web = stack.services[0];
  BOOST_TEST(web.name == "backend");
  BOOST_TEST(web.command.at(2).text == "${PORT}");
  BOOST_TEST(web.virtualenv.value() == "/srv/demo/.venv");
  BOOST_TEST(web.umask == 022u);
  BOOST_TEST(web.limits.memory->value == 512u << 20);
  BOOST_TEST((web.ready == ready_spec{ready_on_notify{}}));
  const auto& probe = std::get<http_probe>(web.health->probe);
  BOOST_TEST(probe.url.text == "http://127.0.0.1:${PORT}/health");
  BOOST_TEST(probe.body == "regex");
  BOOST_TEST((web.watch->paths == std::vector<std::string>{"/srv/demo/src"}));
  BOOST_TEST(web.labels.at("team") == "core");
  BOOST_TEST((result.files ==
              std::vector<std::string>{main_file, "/srv/demo/.env", "/srv/demo/conf.d/db.json"}));
}

BOOST_AUTO_TEST_CASE(a_bare_service_has_the_defaults) {
  // Two lines make a service; the rest is what the contract says.
  const auto stack = loaded(R"({"services": {"web": {"command": ["true"]}}})");
  BOOST_TEST(stack.name == "demo");
  BOOST_TEST(stack.state_dir == "");
  const auto& web = stack.services.at(0);
  service_spec expected;
  expected.name = "web";
  expected.command = {{"true"}};
  expected.working_dir = "/srv/demo";
  BOOST_TEST((web == expected));
}

BOOST_AUTO_TEST_CASE(the_file_itself) {
  // A file that is not there, and a directory of the root, are no special cases.
  fake_source source;
  auto result = load_config("/aurora.json", source);
  BOOST_TEST(told(result.faults) ==
             "/aurora.json: cannot read the configuration: no such file or directory (name another "
             "file with --config)\n");
  BOOST_TEST(result.files.empty());
  source.files["/aurora.json"] =
      R"({"services": {"a": {"command": ["x"], "working_dir": "b/../../c"}}})";
  result = load_config("/aurora.json", source);
  BOOST_TEST(result.stack->name == "aurora");
  BOOST_TEST(result.stack->services[0].working_dir == "/c");
  BOOST_TEST(says(told(load("{}").faults), "there are no services"));
}

BOOST_AUTO_TEST_CASE(readiness_follows_from_the_rest) {
  // Given, else the first healthy probe, else that the program runs; a bare port is probed.
  BOOST_TEST((service("").ready == ready_spec{ready_on_exec{}}));
  const auto with_port = service(R"("port": 80)");
  BOOST_TEST((with_port.ready == ready_spec{ready_on_probe{}}));
  BOOST_TEST(std::get<tcp_probe>(with_port.health->probe).address.text == "127.0.0.1:${PORT}");
  const auto given = service(R"("port": 80, "ready": {"log": "listening on \\d+$"})");
  BOOST_TEST((given.ready == ready_spec{ready_on_log{"listening on \\d+$"}}));
  BOOST_TEST(given.health.has_value());
  BOOST_TEST((service(R"("ready": {"fd": 5})").ready == ready_spec{ready_on_fd{5}}));
  BOOST_TEST((service(R"("ready": {"delay": 1})").ready ==
              ready_spec{ready_on_delay{std::chrono::seconds(1)}}));
  BOOST_TEST(says(refusal(R"("ready": {})"), "services.web.ready: says nothing"));
  BOOST_TEST(says(refusal(R"("ready": {"notify": false})"), "false says nothing"));
  BOOST_TEST(says(refusal(R"("ready": {"log": "("})"), "is not a pattern: missing )"));
  BOOST_TEST(says(refusal(R"("ready": {"log": "a", "fd": 3})"), "\"log\" and \"fd\" exclude"));
}

BOOST_AUTO_TEST_CASE(types_of_services) {
  // A oneshot is not probed, an external one never started, and each says so.
  const auto one = service(R"("type": "oneshot", "port": 80)");
  BOOST_TEST(!one.health.has_value());
  BOOST_TEST((one.ready == ready_spec{ready_on_exec{}}));
  BOOST_TEST(says(refusal(R"("type": "oneshot", "health": {"tcp": "x:1"})"),
                  "a oneshot ends and cannot be probed"));
  BOOST_TEST(
      says(refusal(R"("type": "oneshot", "ready": {"notify": true})"), "a oneshot is ready"));
  const auto db = loaded(R"({"services": {"db": {"type": "external", "port": 5432}}})").services[0];
  BOOST_TEST(std::get<tcp_probe>(db.health->probe).address.text == "127.0.0.1:${PORT}");
  BOOST_TEST(says(refusal(R"("type": "external")"),
                  "services.web.command: an external service is "
                  "probed and never started (leave it out)"));
  BOOST_TEST(told(load(R"({"services": {"db": {"type": "external"}}})").faults) == "");
  BOOST_TEST(
      says(told(load(R"({"services": {"a": {}}})").faults), "services.a: the command is missing"));
}

BOOST_AUTO_TEST_CASE(commands) {
  // A list is run as it is, a string by the shell, and nothing is not a command.
  BOOST_TEST(says(refusal(R"("hooks": {"pre_start": [""]})"), "the name of the program is empty"));
  BOOST_TEST(says(refusal(R"("hooks": {"pre_start": "  "})"), "the command is empty"));
  BOOST_TEST(says(refusal(R"("hooks": {"pre_start": ["a", 5]})"),
                  "pre_start[1]: 5 is not a string (try \"5\")"));
  BOOST_TEST(says(refusal(R"("hooks": {"pre_start": ["a\u0000b"]})"), "holds a NUL byte"));
  BOOST_TEST(service(R"("hooks": {"pre_start": []})").hooks.pre_start.empty());
  const auto hook = service(R"("hooks": {"post_stop": "rm -f x; true"})").hooks.post_stop;
  BOOST_TEST((hook == argv_template{{"/bin/sh"}, {"-c"}, {"rm -f x; true"}}));
  for (const auto* empty : {"[]", "\"\"", "\" \"", "[\"\"]"}) {
    const auto said =
        told(load("{\"services\": {\"a\": {\"command\": " + std::string(empty) + "}}}").faults);
    BOOST_TEST(says(said, "services.a.command: the "), said);
  }
}

BOOST_AUTO_TEST_CASE(probes) {
  // Exactly one kind of probe, a URL that is one, settings where they mean something.
  const auto http =
      service(R"("health": {"http": "https://[::1]:8443/x?y=1", "status": "200,204-206",
      "headers": {"X-A": "b"}, "method": "HEAD", "tls_verify": false})");
  const auto& probe = std::get<http_probe>(http.health->probe);
  BOOST_TEST((probe.status == std::vector<status_range>{{200, 200}, {204, 206}}));
  BOOST_TEST(probe.method == "HEAD");
  BOOST_TEST(!probe.tls_verify);
  BOOST_TEST((std::get<http_probe>(
                  service(R"("health": {"http": "http://x", "status": 204})").health->probe)
                  .status == std::vector<status_range>{{204, 204}}));
  BOOST_TEST(says(refusal(R"("health": {})"), "says nothing of what is probed"));
  BOOST_TEST(says(refusal(R"("health": {"tcp": "x:1", "exec": ["x"]})"), "exclude each other"));
  BOOST_TEST(says(refusal(R"("health": {"tcp": "x:1", "status": 200})"), "for HTTP probes only"));
  BOOST_TEST(says(refusal(R"("health": {"http": "x:1"})"), "(try \"http://x:1\")"));
  for (const auto* url : {"ftp://x", "http://", "http:///x", "http://a b", "http://x:99999",
                          "http://x:0", "http://u@x", "http://[::1", "http://::1/"}) {
    const auto said = refusal("\"health\": {\"http\": \"" + std::string(url) + "\"}");
    BOOST_TEST(says(said, "services.web.health.http: "), url);
  }
  BOOST_TEST(says(refusal(R"("health": {"http": "http://x", "headers": {"A": "b\r\nC: d"}})"),
                  "line break"));
  BOOST_TEST(says(refusal(R"("health": {"http": "http://x", "headers": {"A b": "c"}})"),
                  "not a name of a header"));
  BOOST_TEST(says(refusal(R"("health": {"tcp": "127.0.0.1:${PORT}"})"),
                  "services.web.health.tcp: ${PORT} is used, and the service has no port"));
}

BOOST_AUTO_TEST_CASE(defaults_lie_beneath) {
  // Objects are merged, lists replaced, alternatives dropped.
  const auto stack = loaded(R"({
    "defaults": {"restart": {"delay": "1s", "limit": 3}, "env": {"A": "d", "B": "d"},
      "labels": {"x": "d"}, "ready": {"delay": "1s"}, "depends_on": ["db"], "user": "nobody",
      "health": {"http": "http://x", "interval": "5s"}},
    "services": {
      "db": {"command": ["x"], "depends_on": []},
      "web": {"command": ["x"], "restart": {"limit": 5}, "env": {"B": "own", "C": "own"},
        "health": {"tcp": "x:1"}, "labels": {"y": "own"}, "ready": {"fd": 3}}}})");
  const auto& web = stack.services[1];
  BOOST_TEST((web.restart.delay == std::chrono::seconds(1)));
  BOOST_TEST(web.restart.limit == 5u);
  BOOST_TEST(web.user.value() == "nobody");
  BOOST_TEST((*vars(web, 0) == env_vars{{"A", {"d"}}, {"B", {"own"}}, {"C", {"own"}}}));
  BOOST_TEST((web.labels == std::map<std::string, std::string>{{"x", "d"}, {"y", "own"}}));
  BOOST_TEST((web.ready == ready_spec{ready_on_fd{3}}));
  BOOST_TEST(std::get<tcp_probe>(web.health->probe).address.text == "x:1");
  BOOST_TEST((web.health->interval == std::chrono::seconds(5)));
  BOOST_TEST((web.depends_on == std::vector<dependency>{{"db"}}));
  BOOST_TEST(stack.services[0].depends_on.empty());
}

BOOST_AUTO_TEST_CASE(faults_of_defaults_are_told_once) {
  // A fault in `defaults` has its own place and is not repeated for each service.
  const auto said = told(load(R"({"defaults": {"nice": 99, "nicer": 1}, "services": {
      "a": {"command": ["x"]}, "b": {"command": ["x"]}}})")
                             .faults);
  BOOST_TEST(said ==
             "aurora.json:1:23: defaults.nice: 99 is more than 19 (from -20 to 19)\n"
             "aurora.json:1:27: defaults.nicer: \"nicer\" is not a key of a service (did you mean "
             "\"nice\"?)\n");
}

BOOST_AUTO_TEST_CASE(environments_are_layers) {
  // The stack's files, its variables, the service's files, its variables; later ones win.
  fake_source source;
  source.files["/srv/demo/top.env"] = source.files["/srv/demo/own.env"] = "A=b\n";
  const auto web = loaded(R"({"env": {"T": 1.50}, "env_files": ["top.env"], "services": {"web":
      {"command": ["x"], "env": {"O": "$x"}, "env_files": ["./own.env"]}}})",
                          source)
                       .services[0];
  BOOST_TEST(web.env.size() == 4u);
  BOOST_TEST(file(web, 0) == "/srv/demo/top.env");
  BOOST_TEST((*vars(web, 1) == env_vars{{"T", {"1.50"}}}));
  BOOST_TEST(file(web, 2) == "/srv/demo/own.env");
  BOOST_TEST((*vars(web, 3) == env_vars{{"O", {"$$x"}}}));
  BOOST_TEST(says(refusal(R"("env": {"A": true})"),
                  "env.A: true is not a string or a number (variables "
                  "are text: try \"true\")"));
  BOOST_TEST(says(refusal(R"("env": {"A=B": "x"})"), "is not a name of a variable"));
  BOOST_TEST(says(refusal(R"("env_files": ["none.env"])"),
                  "env_files[0]: cannot read \"none.env\": no such file or directory"));
  BOOST_TEST(
      says(refusal(R"("env": {"A": "$HOME/x"})"), "warning: services.web.env.A: \"$HOME/x\""));
}

BOOST_AUTO_TEST_CASE(faults_of_env_files_have_their_place) {
  // An env file that is named twice is read, and found fault with, once.
  fake_source source;
  source.files["/srv/demo/x.env"] = "A=1\nnonsense\n";
  const auto result = load(R"({"env_files": ["x.env"], "services": {"web": {"command": ["x"],
      "env_files": ["x.env"]}}})",
                           source);
  BOOST_TEST(told(result.faults) ==
             "x.env:2:1: \"nonsense\" is not KEY=value (a \"=\" belongs behind the name)\n");
}

BOOST_AUTO_TEST_CASE(virtual_environments) {
  // The service's own, else the stack's; an empty one is none.
  const auto stack = loaded(R"({"virtualenv": ".venv", "services": {"a": {"command": ["x"]},
      "b": {"command": ["x"], "virtualenv": "/opt/v/"}, "c": {"command": ["x"], "virtualenv": ""}}})");
  BOOST_TEST(stack.services[0].virtualenv.value() == "/srv/demo/.venv");
  BOOST_TEST(stack.services[1].virtualenv.value() == "/opt/v");
  BOOST_TEST(!stack.services[2].virtualenv.has_value());
}

BOOST_AUTO_TEST_CASE(includes) {
  // Files are merged by name; a service defined twice is told with both places.
  fake_source source;
  source.files["/srv/demo/conf.d/a.json"] =
      R"({"version": 1, "services": {"a": {"command": ["x"], "working_dir": "w"}}})";
  source.files["/srv/demo/conf.d/b.json"] =
      "{\"services\": {\n\"a\": {\"command\": [\"x\"]}},\n\"env\": {}, \"servces\": 1}";
  const auto text =
      R"({"include": ["conf.d/*.json", "none/*.json"], "services": {"m": {"command": ["x"]}}})";
  BOOST_TEST(
      told(load(text, source).faults) ==
      "conf.d/b.json:2:1: services.a: \"a\" is defined twice: here and in conf.d/a.json, line 1 "
      "(rename one of them)\n"
      "conf.d/b.json:3:1: env: \"env\" is not a key of an included file (it may hold \"version\" "
      "and "
      "\"services\"; all else belongs into the main file)\n"
      "conf.d/b.json:3:12: servces: \"servces\" is not a key of an included file (it may hold "
      "\"version\" and \"services\"; all else belongs into the main file)\n");
  source.files.erase("/srv/demo/conf.d/b.json");
  const auto stack = loaded(text, source);
  BOOST_TEST(stack.services.size() == 2u);
  BOOST_TEST(stack.services[0].working_dir == "/srv/demo/w");
  BOOST_TEST(says(told(load(R"({"include": ["none.json"]})").faults),
                  "include[0]: cannot read \"none.json\": no such file or directory"));
  BOOST_TEST(loaded(R"({"include": ["*.json"], "services": {}})").services.empty());
  source.files["/srv/demo/bad.json"] = "{\n!";
  BOOST_TEST(
      says(told(load(R"({"include": ["bad.json"]})", source).faults), "bad.json:2:1: \"!\" where"));
}

BOOST_AUTO_TEST_CASE(s22_listening_to_the_world) {
  // Addresses that others can reach are refused without TLS, with the reason; loopback and off are
  // fine.
  const auto listen = [](const std::string& address, const std::string& more = "") {
    return told(
        load(R"({"services": {}, "http": {"listen": ")" + address + "\"" + more + "}}").faults);
  };
  const std::string tls = R"(, "tls": {"certificate": "c.pem", "key": "k.pem"})";
  for (const auto* good : {"off", "127.0.0.1:0", "127.8.8.8:1", "localhost:9090", "[::1]:9090"}) {
    BOOST_TEST(listen(good) == "", good);
    BOOST_TEST(listen(good, tls) == "", good);
  }
  for (const auto* open : {"0.0.0.0:9090", "[::]:9090", "192.168.0.1:80"}) {
    BOOST_TEST(says(listen(open), "can be reached from other machines, which takes TLS"), open);
    BOOST_TEST(listen(open, tls) == "", open);
  }
  for (const auto* name : {"example.org:80", "127.1:80", "127.0.0.1.example.org:80", "1.2.3:1",
                           "1.2.3.256:1", "1.2.3.4.:1"}) {
    BOOST_TEST(says(listen(name), "can be reached from other machines, which takes TLS"), name);
    BOOST_TEST(says(listen(name, tls), "does not begin with an IP address"), name);
  }
  for (const auto* bad :
       {"9090", ":9090", "127.0.0.1", "127.0.0.1:65536", "127.0.0.1:x", "::1:9090", "on"}) {
    BOOST_TEST(says(listen(bad), "is not an address"), bad);
  }
  // Whichever of the two is written first.
  const auto turned = load(R"({"services": {}, "http": {"tls": {"certificate": "c", "key": "k"},
                               "listen": "0.0.0.0:1"}})");
  BOOST_TEST(told(turned.faults) == "");
}

BOOST_AUTO_TEST_CASE(tls_and_hosts) {
  const auto stack = loaded(R"({"services": {}, "http": {"listen": "0.0.0.0:443",
    "tls": {"certificate": "tls/c.pem", "key": "/etc/k.pem"},
    "hosts": ["ops.example", "ops.example:8443", "[fd00::1]"]}})");
  BOOST_TEST((stack.http_tls == tls_files{"/srv/demo/tls/c.pem", "/etc/k.pem"}));
  BOOST_TEST(stack.http_hosts.size() == 3u);
  const auto http = [](const std::string& members) {
    return told(load(R"({"services": {}, "http": {)" + members + "}}").faults);
  };
  BOOST_TEST(
      says(http(R"("tls": {"certificate": "c.pem"})"), "takes both a certificate and its key"));
  BOOST_TEST(says(http(R"("tls": {"certifcate": "c.pem"})"), "did you mean \"certificate\"?"));
  for (const auto* bad : {"http://ops.example", "ops.example/", "a b", "a,b", "a:0", "a:x",
                          "*.example", "", "user@a"}) {
    BOOST_TEST(says(http(R"("hosts": [")" + std::string(bad) + "\"]"), "is not the name of a host"),
               bad);
  }
}

BOOST_AUTO_TEST_CASE(names_of_services) {
  // Letters, digits, dots, dashes and underscores, 63 at most, the first a letter or digit.
  const auto named = [](const std::string& name) {
    return told(load("{\"services\": {\"" + name + "\": {\"command\": [\"x\"]}}}").faults);
  };
  for (const auto& good : {std::string("a"), std::string("0.a_b-C"), std::string(63, 'x')}) {
    BOOST_TEST(named(good) == "", good);
  }
  for (const auto& bad :
       {std::string(""), std::string("-a"), std::string("a@1"), std::string("a b"),
        std::string("../x"), std::string(64, 'x'), std::string("\xC3\xA9")}) {
    BOOST_TEST(says(named(bad), "is not a name of a service"), bad);
  }
}

BOOST_AUTO_TEST_CASE(small_forms) {
  // A policy alone, accounts as numbers, and prerequisites in their three kinds.
  BOOST_TEST((service(R"("restart": "unless-stopped")").restart.policy == restart_policy::always));
  BOOST_TEST((service(R"("restart": "no")").restart.policy == restart_policy::never));
  BOOST_TEST((service(R"("restart": "on-failure")").restart.policy == restart_policy::on_failure));
  BOOST_TEST(says(refusal(R"("restart": "alway")"), "(did you mean \"always\"?)"));
  BOOST_TEST(service(R"("user": 1000)").user.value() == "1000");
  BOOST_TEST(service(R"("stop": {"signal": "INT"})").stop.signal == 2);
  BOOST_TEST(service(R"("stop": {"signal": 9, "to": "main"})").stop.signal == 9);
  const auto stack = loaded(R"({"services": {}, "control": {"group": "adm"},
      "logs": {"max_total_size": "2GiB"}, "prerequisites": [
      {"command": "python3"}, {"command": "./x"}, {"file": "a"}, {"port_free": 80}]})");
  BOOST_TEST(stack.control_group.value() == "adm");
  BOOST_TEST(stack.max_total_log_size.value().value == 2ULL << 30);
  BOOST_TEST(std::get<command_exists>(stack.prerequisites[0]).command == "python3");
  BOOST_TEST(std::get<command_exists>(stack.prerequisites[1]).command == "/srv/demo/x");
  BOOST_TEST(std::get<file_exists>(stack.prerequisites[2]).path == "/srv/demo/a");
  BOOST_TEST(says(
      told(
          load(R"({"services": {}, "prerequisites": [{}, {"file": "a", "command": "b"}]})").faults),
      "prerequisites[0]: says nothing"));
}

BOOST_AUTO_TEST_SUITE_END()
