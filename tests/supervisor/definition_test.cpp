#include "wire/configuration.hpp"

#include <boost/test/unit_test.hpp>

#include "config/fake_source.hpp"

using namespace aurora;

namespace {

/// Two services in which every key stands, with values that are no defaults.
constexpr const char* everything = R"json({
  "version": 1,
  "services": {
    "db": {"command": "exec db --fast"},
    "web": {
      "command": ["server", "a b", "--port", "${PORT}"], "type": "service", "working_dir": "w",
      "env_files": [".env"], "virtualenv": ".venv", "user": "nobody", "group": "daemon",
      "umask": "027", "nice": 3,
      "limits": {"nofile": 100, "core": "unlimited", "memory": "512MiB", "cpu": 1.5, "tasks": 9},
      "port": 5001, "instances": 1, "autostart": false,
      "depends_on": {"db": {"condition": "started", "restart": true, "required": false}},
      "restart": {"policy": "on-failure", "delay": "250ms", "factor": 1.5, "max_delay": "90s",
                  "jitter": 0.25, "limit": 7, "window": "10m", "reset_after": "1h",
                  "success_codes": [0, 3]},
      "ready": {"fd": 5}, "start_timeout": "61s",
      "health": {"http": "http://127.0.0.1:${PORT}/health?a=1", "interval": "7s", "timeout": "3s",
                 "retries": 4, "successes": 2, "start_interval": "300ms", "start_period": "8s",
                 "status": "200-204,301", "body": "o\"k", "headers": {"X-Odd": "v\"w"},
                 "method": "POST", "tls_verify": false, "on_failure": "alert"},
      "stop": {"signal": "SIGINT", "timeout": "11s", "to": "main", "command": ["stop", "it"]},
      "hooks": {"pre_start": ["a"], "post_start": ["b"], "pre_stop": ["c"], "post_stop": ["d"]},
      "watch": {"paths": ["src"], "ignore": ["*.pyc"], "debounce": "400ms"},
      "logs": {"max_size": "1MiB", "keep": 2, "compress": true, "stderr": "separate"},
      "critical": true, "labels": {"te\"am": "core"}
    }
  }
})json";

test::fake_source surroundings() {
  test::fake_source source;
  source.files["/srv/demo/.env"] = "";
  return source;
}

std::string definition_of(const service_spec& spec) {
  wire::instance_configuration of;
  of.spec = spec;
  of.own = {spec.name, 1, spec.port};
  std::string out;
  wire::json_writer to(out);
  wire::write_definition(to, of, core::masker());
  return out;
}

service_spec with_closed(service_spec spec) {
  const core::instance_variables own{spec.name, 1, spec.port};
  for (auto& argument : spec.command) argument.text = core::expand(argument, own);
  if (spec.health)
    if (auto* http = std::get_if<http_probe>(&spec.health->probe))
      http->url.text = core::expand(http->url, own);
  return spec;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_definition_that_is_shown_is_the_definition) {
  // What the API shows may be copied into a configuration, and means the same there.
  const auto stack = test::loaded(everything, surroundings());
  std::string copy = R"({"version": 1, "services": {)";
  for (const auto& service : stack.services)
    copy += (copy.back() == '{' ? "\"" : ", \"") + service.name + "\": " + definition_of(service);
  const auto again = test::loaded(copy + "}}", surroundings());
  BOOST_REQUIRE(again.services.size() == stack.services.size());
  for (std::size_t i = 0; i < stack.services.size(); ++i)
    BOOST_TEST((with_closed(stack.services[i]) == again.services[i]),
               definition_of(stack.services[i]) << "\n"
                                                << definition_of(again.services[i]));
}

BOOST_AUTO_TEST_CASE(no_secret_is_in_what_is_shown) {
  // S11: wherever a definition can hold one.
  auto source = surroundings();
  source.environment["C"] = "c4n4ry";
  const auto stack = test::loaded(R"json({"version": 1, "services": {"web": {
    "command": ["server", "--token=${C}", "--password", "${C}", "http://u:${C}@h/", "x${C}y"],
    "env": {"PASSWORD": "${C}", "DATABASE_URL": "pg://u:${C}@h/d", "GREETING": "hello ${C}"},
    "health": {"http": "http://127.0.0.1/?api_key=${C}", "body": "${C}",
               "headers": {"Authorization": "Bearer ${C}", "X-Odd": "is ${C}"}},
    "stop": {"command": "TOKEN=${C} stop --key ${C}"},
    "hooks": {"pre_start": ["sh", "-c", "curl -H 'Cookie: ${C}' h"]},
    "working_dir": "/srv/${C}",
    "labels": {"secret": "${C}", "note": "${C}"}}}})json",
                                  source);
  wire::instance_configuration of;
  of.name = "web";
  of.spec = stack.services.at(0);
  of.environment = {{"PASSWORD", "c4n4ry", "env"}, {"NOTE", "not c4n4ry", ".env"}};
  of.environment_fault = "cannot read c4n4ry";
  const auto text = wire::to_json(std::vector<wire::instance_configuration>{of});
  BOOST_TEST(text.find("c4n4ry") == std::string::npos, text);
  BOOST_TEST(text.find(R"({"name":"PASSWORD","value":"***","masked":true,"from":"env"})") !=
                 std::string::npos,
             text);
}
