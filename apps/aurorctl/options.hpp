#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <aurora/time.hpp>

#include "terminal.hpp"
#include "verbs.hpp"

namespace aurora::ctl {

/// What was asked on the command line.
struct invocation {
  const verb* what = nullptr;
  std::vector<std::string> operands;

  std::optional<std::string> config, state_dir, host, token_file;
  bool json = false, quiet = false, help = false, version = false;
  when colours = when::automatic;
  std::optional<duration> timeout;

  /// The verb's own flags that were given; a switch has an empty value.
  std::map<std::string, std::string, std::less<>> own;
  bool has(std::string_view name) const { return own.find(name) != own.end(); }
  std::optional<std::string> value(std::string_view name) const;
};

/// Parses the arguments after the program's name. Global flags may stand before the verb or after
/// it, short ones may be joined, `--` ends them. Throws `failure` (usage) with a did-you-mean.
/// `what` is null when there is no verb: --help, --version, or nothing at all.
invocation parse_arguments(const std::vector<std::string>& arguments);

}  // namespace aurora::ctl
