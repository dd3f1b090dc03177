#include "supervisor/launch_builder.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include <algorithm>

#include "support/temp_dir.hpp"

using namespace aurora;
using test::temp_dir;

namespace {

service_spec echo() {
  service_spec service;
  service.name = "web";
  service.command = {{"/bin/echo"}, {"${PORT}"}, {"$$HOME"}, {"${AURORA_INSTANCE}"}};
  service.working_dir = "/";
  return service;
}

shell::launch_context second_instance() {
  shell::launch_context where;
  where.instance = "web@2";
  where.number = 2;
  where.port = std::uint16_t{5002};
  where.run_marker = "web@2:1:x";
  return where;
}

std::string value_of(const reactor::launch_spec& launch, const std::string& name) {
  for (const auto& entry : launch.environment)
    if (entry.rfind(name + "=", 0) == 0) return entry.substr(name.size() + 1);
  return "(unset)";
}

}  // namespace

BOOST_AUTO_TEST_CASE(own_variables_are_closed) {
  // PORT, the service and the instance are the instance's own; `$$` is a dollar.
  const auto launch = shell::build_launch(echo(), second_instance());
  BOOST_REQUIRE(launch);
  const std::vector<std::string> expected = {"/bin/echo", "5002", "$HOME", "2"};
  BOOST_TEST(launch->argv == expected, boost::test_tools::per_element());
  BOOST_TEST(value_of(*launch, "PORT") == "5002");
  BOOST_TEST(value_of(*launch, "AURORA_SERVICE") == "web");
  BOOST_TEST(value_of(*launch, "AURORA_INSTANCE") == "2");
  BOOST_TEST(value_of(*launch, "AURORA_RUN") == "web@2:1:x");
}

BOOST_AUTO_TEST_CASE(the_daemon_keeps_its_secrets) {
  // P22: of the daemon's own environment only what every program needs is handed on.
  ::setenv("AURORA_TEST_SECRET", "canary", 1);
  const auto launch = shell::build_launch(echo(), second_instance());
  ::unsetenv("AURORA_TEST_SECRET");
  BOOST_REQUIRE(launch);
  for (const auto& entry : launch->environment)
    BOOST_TEST(entry.find("canary") == std::string::npos);
  BOOST_TEST(value_of(*launch, "PATH") != "(unset)");
}

BOOST_AUTO_TEST_CASE(later_layers_win_and_files_are_read_now) {
  // Layers apply in order; an env file is read at each start, not when the configuration was
  // loaded.
  const temp_dir home;
  auto service = echo();
  service.env = {env_vars{{"A", {"1"}}, {"B", {"1"}}}, env_file{home / "own.env"},
                 env_vars{{"B", {"3-${PORT}"}}}};
  test::write_file(home / "own.env", "A=2\nB=2\nC='with blank'\n");
  auto launch = shell::build_launch(service, second_instance());
  BOOST_REQUIRE(launch);
  BOOST_TEST(value_of(*launch, "A") == "2");
  BOOST_TEST(value_of(*launch, "B") == "3-5002");
  BOOST_TEST(value_of(*launch, "C") == "with blank");
  test::write_file(home / "own.env", "A=new\n");
  launch = shell::build_launch(service, second_instance());
  BOOST_REQUIRE(launch);
  BOOST_TEST(value_of(*launch, "A") == "new");
}

BOOST_AUTO_TEST_CASE(a_missing_env_file_is_an_error_in_words) {
  // The start fails with the file's name and the reason.
  auto service = echo();
  service.env = {env_file{"/nonexistent/own.env"}};
  const auto launch = shell::build_launch(service, second_instance());
  BOOST_REQUIRE(!launch);
  BOOST_TEST(launch.error().words ==
             "env_files: cannot open \"/nonexistent/own.env\": No such file or directory");
}

BOOST_AUTO_TEST_CASE(a_virtualenv_is_activated) {
  // As `activate` does it; PYTHONUNBUFFERED so that there are live logs, unless it is given.
  auto service = echo();
  service.virtualenv = "/srv/app/.venv";
  service.env = {env_vars{{"PATH", {"/usr/bin"}}, {"PYTHONHOME", {"/x"}}}};
  auto launch = shell::build_launch(service, second_instance());
  BOOST_REQUIRE(launch);
  BOOST_TEST(value_of(*launch, "PATH") == "/srv/app/.venv/bin:/usr/bin");
  BOOST_TEST(value_of(*launch, "VIRTUAL_ENV") == "/srv/app/.venv");
  BOOST_TEST(value_of(*launch, "VIRTUAL_ENV_PROMPT") == ".venv");
  BOOST_TEST(value_of(*launch, "PYTHONHOME") == "(unset)");
  BOOST_TEST(value_of(*launch, "PYTHONUNBUFFERED") == "1");
  service.env.push_back(env_vars{{"PYTHONUNBUFFERED", {""}}});
  launch = shell::build_launch(service, second_instance());
  BOOST_TEST(value_of(*launch, "PYTHONUNBUFFERED") == "");
}

BOOST_AUTO_TEST_CASE(an_unknown_user_is_told) {
  // Before anything is started, and with the name.
  auto service = echo();
  service.user = "no-such-user-here";
  const auto launch = shell::build_launch(service, second_instance());
  BOOST_REQUIRE(!launch);
  BOOST_TEST(launch.error().words.find("no-such-user-here") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_user_brings_its_own_home) {
  // HOME, USER, LOGNAME and SHELL are those of `user`, its groups too.
  auto service = echo();
  service.user = "nobody";
  const auto launch = shell::build_launch(service, second_instance());
  BOOST_REQUIRE(launch);
  BOOST_REQUIRE(launch->user.has_value());
  BOOST_TEST(launch->user->uid == 65534u);
  BOOST_TEST(value_of(*launch, "USER") == "nobody");
  BOOST_TEST(value_of(*launch, "LOGNAME") == "nobody");
  BOOST_TEST(value_of(*launch, "HOME") == "/nonexistent");
}
