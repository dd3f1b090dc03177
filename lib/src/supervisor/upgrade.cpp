#include "supervisor/upgrade.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <string_view>
#include <utility>

#include <aurora/version.hpp>

#include "keeper/protocol.hpp"
#include "reactor/child/child.hpp"
#include "store/state_file.hpp"
#include "supervisor/configuration.hpp"
#include "supervisor/left_behind.hpp"
#include "supervisor/preparation.hpp"
#include "supervisor/state_dir.hpp"

namespace aurora::shell {
namespace {

constexpr auto longest_test = std::chrono::seconds(5);
constexpr std::size_t most_output = 10 << 10;
constexpr std::string_view version_line = "aurorad ";

bool is_same_file(int fd, const std::string& path) {
  struct stat held {
  }, named{};
  return ::fstat(fd, &held) == 0 && ::stat(path.c_str(), &named) == 0 &&
         held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

reactor::launch_spec test_of(const std::string& path, const std::string& state_dir) {
  reactor::launch_spec spec;
  spec.argv = {path, "--self-test", std::to_string(keeper::layout), "--state-dir", state_dir};
  for (char** one = ::environ; *one; ++one) spec.environment.emplace_back(*one);
  return spec;
}

std::string without_end(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

int failed_test(const std::string& words) {
  complain(words);
  return exit_failure;
}

}  // namespace

problem upgrade_refused(std::string why, std::string hint) {
  return {409,
          "upgrade-refused",
          "the upgrade was not begun, and nothing has changed",
          std::move(why),
          std::move(hint),
          {}};
}

boost::asio::awaitable<server::answer<successor>> test_successor(const std::string& path,
                                                                 const std::string& state_dir) {
  reactor::unique_fd program(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!program)
    co_return upgrade_refused(fmt::format("cannot open '{}': {}", path, std::strerror(errno)),
                              "install the new aurorad where this one was started from");
  auto testing = reactor::run_command(test_of(path, state_dir), longest_test, most_output);
  const auto result = co_await std::move(testing);
  const auto said = without_end(result.output);
  if (!result.ok() || !said.starts_with(version_line))
    co_return upgrade_refused(
        fmt::format("'{}' does not pass its self-test: {}", path,
                    said.empty() || result.timed_out ? describe(result) : said),
        "install another version, or stop the daemon and start the new one: services are stopped "
        "meanwhile");
  if (!is_same_file(program.get(), path))
    co_return upgrade_refused(fmt::format("'{}' was replaced while it was tested", path),
                              "try again when it is installed");
  successor found;
  found.program = std::move(program);
  found.version = said.substr(version_line.size());
  co_return std::move(found);
}

int self_test(int layout, const std::string& state_dir) {
  if (layout != keeper::layout)
    return failed_test(
        fmt::format("aurorad {} cannot take the place of the running one: they speak versions {} "
                    "and {} of what is handed over",
                    version, keeper::layout, layout));
  const state_paths paths(state_dir);
  const auto left = look_behind(paths);
  if (!left) return failed_test(left.error());
  if (!left->fault.empty()) return failed_test(left->fault);
  if (const auto wishes = store::load_state(paths.state); !wishes)
    return failed_test(wishes.error().words);
  const auto last = last_configuration(paths);
  if (!last) return failed_test(last.error());
  if (!*last)
    return failed_test(
        fmt::format("aurorad {} cannot read the configuration that is in force ('{}')", version,
                    paths.config_copy));
  fmt::print("aurorad {}\n", version);
  return 0;
}

}  // namespace aurora::shell
