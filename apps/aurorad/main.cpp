#include <aurora/daemon.hpp>
#include <aurora/duration.hpp>
#include <aurora/version.hpp>

#include <boost/program_options.hpp>

#include <iostream>
#include <utility>
#include <vector>

#include "page.hpp"

namespace {

namespace po = boost::program_options;

constexpr int exit_usage = 2;

constexpr const char* help = R"(aurorad: supervises a stack of services, in the foreground

Usage: aurorad [-c FILE] [--state-dir DIR] [--http ADDR:PORT|off] [--log-level LEVEL]

  -c, --config FILE      configuration; default: $AURORA_CONFIG, ./aurora.json, /etc/aurora/aurora.json
      --state-dir DIR    logs, socket and state; default: $AURORA_STATE_DIR, `state_dir`, .aurora beside the
                         configuration, /var/lib/aurora for one under /etc/aurora
      --http ADDR:PORT   overrides `http.listen`; "off" for none
      --log-level LEVEL  error, warning, info (default) or debug
      --start-delay T    wait before the first service starts: 5s, 1m30s
      --version          print the version
  -h, --help             print this

SIGTERM, SIGINT: stop all in order; twice: kill all now. SIGHUP: reload. SIGUSR1: reopen log files.
SIGUSR2: the program that is installed now takes over; services run on.
Example: aurorad --config /etc/aurora/aurora.json
See aurorad(8), aurora.json(5), aurorctl(1).
)";

po::options_description described() {
  po::options_description options;
  options.add_options()("config,c", po::value<std::string>())(
      "state-dir", po::value<std::string>())("http", po::value<std::string>())(
      "log-level", po::value<std::string>())("start-delay", po::value<std::string>())(
      "self-test", po::value<int>())("version", po::bool_switch())("help,h", po::bool_switch());
  return options;
}

int refuse(const std::string& why) {
  std::cerr << "aurorad: " << why << "\nTry: aurorad --help\n";
  return exit_usage;
}

int run(const po::variables_map& given, std::vector<std::string> arguments) {
  aurora::daemon_options options;
  options.arguments = std::move(arguments);
  if (given.count("self-test")) options.self_test = given["self-test"].as<int>();
  options.page = embedded_page();
  if (given.count("config")) options.config = given["config"].as<std::string>();
  if (given.count("state-dir")) options.state_dir = given["state-dir"].as<std::string>();
  if (given.count("http")) options.http = given["http"].as<std::string>();
  if (given.count("log-level")) options.log_level = given["log-level"].as<std::string>();
  if (options.log_level != "error" && options.log_level != "warning" &&
      options.log_level != "info" && options.log_level != "debug")
    return refuse("--log-level: \"" + options.log_level +
                  "\" is none of error, warning, info, debug");
  if (given.count("start-delay")) {
    const auto delay = aurora::parse_duration(given["start-delay"].as<std::string>());
    if (!delay)
      return refuse("--start-delay: \"" + given["start-delay"].as<std::string>() +
                    "\" is not a duration (try \"5s\")");
    options.start_delay = *delay;
  }
  return aurora::run_daemon(options);
}

}  // namespace

int main(int argc, char** argv) {
  po::variables_map given;
  try {
    po::store(
        po::command_line_parser(argc, argv)
            .options(described())
            .positional(po::positional_options_description())
            .style(po::command_line_style::default_style & ~po::command_line_style::allow_guessing)
            .run(),
        given);
    po::notify(given);
  } catch (const po::error& fault) {
    return refuse(fault.what());
  }
  if (given["help"].as<bool>()) {
    std::cout << help;
    return 0;
  }
  if (given["version"].as<bool>()) {
    std::cout << "aurorad " << aurora::version << "\n";
    return 0;
  }
  return run(given, std::vector<std::string>(argv, argv + argc));
}
