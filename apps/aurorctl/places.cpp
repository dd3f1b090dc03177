#include "places.hpp"

#include <aurora/config.hpp>
#include <aurora/daemon.hpp>
#include <aurora/disk_source.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>

#include "failure.hpp"

namespace aurora::ctl {
namespace {

constexpr const char* system_config = "/etc/aurora/aurora.json";

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

/// Nothing: it cannot be read, and errno says why.
std::optional<std::string> slurp(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  std::string text;
  char chunk[16 * 1024];
  ssize_t n = 0;
  do {
    n = ::read(fd, chunk, sizeof chunk);
    if (n > 0) text.append(chunk, static_cast<std::size_t>(n));
  } while (n > 0 || (n < 0 && errno == EINTR));
  const int error = errno;
  ::close(fd);
  errno = error;
  return n < 0 ? std::nullopt : std::optional<std::string>(std::move(text));
}

/// The literal `state_dir` of a file that the loader refuses.
std::optional<std::string> literal_state_dir(const std::string& text) {
  boost::json::parse_options lenient;
  lenient.allow_comments = true;
  lenient.allow_trailing_commas = true;
  boost::system::error_code ec;
  const auto root = boost::json::parse(text, ec, {}, lenient);
  if (ec || !root.is_object()) return std::nullopt;
  const auto* value = root.as_object().if_contains("state_dir");
  if (value == nullptr || !value->is_string()) return std::nullopt;
  std::string dir(value->as_string());
  if (dir.empty() || dir.find('$') != std::string::npos) return std::nullopt;
  return dir;
}

/// What the configuration itself says; empty: nothing.
std::string configured_state_dir(const std::string& config) {
  const auto text = slurp(config);
  const auto names_it = [&] {
    return text->find("state_dir") != std::string::npos || text->find("\\u") != std::string::npos;
  };
  if (!text || !names_it()) return {};
  disk_source disk;
  const auto loaded = load_config(config, disk);
  if (loaded.stack) return loaded.stack->state_dir;
  if (const auto literal = literal_state_dir(*text)) {
    return (std::filesystem::path(config).parent_path() / *literal).lexically_normal();
  }
  std::vector<std::string> faults;
  for (const auto& fault : loaded.faults) faults.push_back(to_string(fault));
  throw failure(exit_code::invalid_configuration,
                "cannot tell the state directory: " + config + " is invalid",
                "correct it, or name the directory with --state-dir", std::move(faults));
}

std::string trimmed(std::string text) {
  const auto blank = [](char c) { return c == '\n' || c == '\r' || c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.back())) text.pop_back();
  text.erase(text.begin(), std::find_if_not(text.begin(), text.end(), blank));
  return text;
}

failure bad_host(const std::string& host) {
  return {exit_code::usage, "--host \"" + host + "\" is no address of a daemon",
          "try \"unix:///path/aurorad.sock\" or \"http://127.0.0.1:9090\""};
}

void parse_tcp(endpoint& into, std::string authority) {
  while (!authority.empty() && authority.back() == '/') authority.pop_back();
  const auto colon = authority.rfind(':');
  const bool bracketed = authority.starts_with('[') && authority.find(']') != std::string::npos;
  const bool has_port = colon != std::string::npos && (!bracketed || authority[colon - 1] == ']');
  into.how = endpoint::kind::tcp;
  into.host = has_port ? authority.substr(0, colon) : authority;
  into.port = has_port ? authority.substr(colon + 1) : "9090";
  if (bracketed) into.host = authority.substr(1, authority.find(']') - 1);
  const bool digits =
      std::all_of(into.port.begin(), into.port.end(), [](char c) { return c >= '0' && c <= '9'; });
  const bool strange = into.host.find_first_of("/@?# \t\r\n") != std::string::npos;
  if (into.host.empty() || into.port.empty() || !digits || strange) throw bad_host(into.shown);
}

/// A token is not sent over a network in the clear. (A tunnel's near end is on this machine.)
void keep_in_this_machine(const endpoint& where) {
  const bool numeric = where.host.find_first_not_of("0123456789.") == std::string::npos;
  const bool near = where.host == "localhost" || where.host == "::1" ||
                    (numeric && where.host.starts_with("127."));
  if (near || where.token.empty()) return;
  throw failure(exit_code::usage,
                "the token would go to '" + where.host + "' over the network in the clear",
                "use https://, or a tunnel to http://127.0.0.1");
}

}  // namespace

std::string endpoint::authority() const {
  if (how == kind::local) return "localhost";
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + port;
}

std::string endpoint::base_url() const { return (tls ? "https://" : "http://") + authority(); }

std::string absolute(const std::string& path) {
  return std::filesystem::absolute(path).lexically_normal();
}

std::string read_file(const std::string& path, const std::string& purpose) {
  if (auto text = slurp(path)) return std::move(*text);
  const int error = errno;
  throw failure(error == EACCES ? exit_code::not_permitted : exit_code::failed,
                "cannot read " + purpose + " '" + path + "': " + std::strerror(error));
}

std::string find_config(const invocation& given) {
  return aurora::find_config(given.config.value_or(""));
}

std::string require_config(const invocation& given) {
  auto config = find_config(given);
  if (!config.empty()) return config;
  throw failure(exit_code::invalid_configuration,
                "there is no configuration: neither '" + absolute("aurora.json") + "' nor '" +
                    system_config + "' is there, and $AURORA_CONFIG is not set",
                "name one with --config FILE");
}

std::string find_state_dir(const invocation& given) {
  if (given.state_dir) return absolute(*given.state_dir);
  if (const auto named = variable("AURORA_STATE_DIR"); !named.empty()) return absolute(named);
  const auto config = find_config(given);
  if (config.empty()) {
    throw failure(exit_code::no_daemon,
                  "no daemon to talk to: no configuration is here to go by ('" +
                      absolute("aurora.json") + "', '" + system_config + "')",
                  "change to the directory of aurora.json, or give --config or --state-dir");
  }
  return aurora::find_state_dir({}, configured_state_dir(config), config);
}

endpoint find_endpoint(const invocation& given) {
  endpoint result;
  result.patience = given.timeout;
  if (given.token_file) result.token = trimmed(read_file(*given.token_file, "the token file"));
  if (!given.host) {
    result.path = find_state_dir(given) + "/aurorad.sock";
    result.shown = result.path;
    return result;
  }
  const std::string& host = *given.host;
  result.shown = host;
  if (host.starts_with("unix://") && host.size() > 7) {
    result.path = absolute(host.substr(7));
  } else if (host.starts_with("http://")) {
    parse_tcp(result, host.substr(7));
    keep_in_this_machine(result);
  } else if (host.starts_with("https://")) {
    result.tls = true;
    parse_tcp(result, host.substr(8));
  } else {
    throw bad_host(host);
  }
  return result;
}

}  // namespace aurora::ctl
