#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aurora/diagnostic.hpp>
#include <aurora/spec.hpp>

/// From configuration text to a `stack_spec`, with every fault found. The keys, their defaults and
/// their limits are those of aurora.json(5) and etc/aurora.schema.json; all three come from one
/// table.
namespace aurora {

/// How configuration text is obtained; the pure loader never touches the disk itself.
struct config_source {
  virtual ~config_source();

  /// The bytes of the file at an absolute path. Nothing: it cannot be had, and `error_words` says
  /// why as errno(3) does: "no such file or directory".
  virtual std::optional<std::string> read(const std::string& path, std::string& error_words) = 0;

  /// The files that match an absolute glob(7) pattern, in name order.
  virtual std::vector<std::string> glob(const std::string& pattern) = 0;

  /// A variable of the environment that `${VAR}` is looked up in first: the daemon's.
  virtual std::optional<std::string> variable(const std::string& name) = 0;
};

struct load_result {
  std::optional<stack_spec> stack;  ///< only where there is no error; warnings do not count
  diagnostics faults;               ///< all of them, in the order of files and lines
  std::vector<std::string> files;   ///< every file that was read, absolute, without repetition
};

/// Loads the configuration at `absolute_path`, its includes and its env files.
/// Pure but for `source`; never throws on any input. Files larger than 16 MiB and values nested
/// deeper than 32 are refused, as are more than 20,000 services. At most 1,000 faults are listed; a
/// last one counts the rest.
///
/// Rules that the schema cannot say:
/// - Paths are relative to the directory of the main file, in included files too; `include`
///   patterns as well. An included file holds `version` and `services`, nothing else. A pattern
///   that matches nothing is fine, a plain name that does not exist is not.
/// - `defaults` lies beneath each service: objects are merged, everything else is replaced. Of keys
///   that exclude each other (`health`: http, tcp, exec; `ready`: notify, log, fd, delay) the
///   service's own drops the default's.
/// - `${VAR}` is looked up in the environment of the daemon, then in the top-level `env` (the
///   entries written above, while `env` itself is read), then in the top-level `env_files`. Values
///   of env files are literal. A `$` that is not followed by `{` or `$` stays as it is. Where a
///   number, a boolean or a word is wanted a string that holds `${` may stand, and its result is
///   held to the same rules.
load_result load_config(const std::string& absolute_path, config_source& source);

/// Shows faults in the text that they are about. Each file is read once.
class fault_context {
 public:
  /// `source` outlives it; `main_file` as it was loaded.
  fault_context(std::string main_file, config_source& source);

  /// `caret` of that fault. Empty after the twentieth, and for env files: what they hold may be
  /// secret.
  std::string of(const diagnostic& fault);

 private:
  std::string main_file_;
  config_source& source_;
  std::map<std::string, std::optional<std::string>> texts_;
  unsigned shown_ = 0;
};

/// The pairs of an env file, in order; a later one of the same name replaces the value.
/// `KEY=value` lines as compose reads them: `#` begins a comment at the start of a line or after a
/// blank, `export ` is skipped, '…' is literal, "…" knows \n \r \t \" \\ \$, both may span lines.
/// Values are literal: nothing is interpolated. `path` names the file in `faults`.
std::vector<std::pair<std::string, std::string>> parse_env_file(std::string_view text,
                                                                const std::string& path,
                                                                diagnostics& faults);

/// The JSON Schema (2020-12) of a configuration file, as committed in etc/aurora.schema.json.
std::string config_schema();

}  // namespace aurora
