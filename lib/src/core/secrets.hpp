#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// What of a configuration, an environment or a command line must not be shown: passwords, tokens,
/// keys. Known by the names of variables, options and fields; by user:password@ in an address; and
/// by value, where a value that goes by such a name turns up again somewhere else. In doubt it is
/// masked.
namespace aurora::core {

inline constexpr std::string_view mask = "***";

/// Whether a variable, an option or a header of that name holds a secret by what such things are
/// called: DB_PASSWORD, apiKey, X-Auth-Token, DSN …
bool is_secret_name(std::string_view name);

/// Whether a text is an address with a password in it: scheme://user:password@…
bool has_credentials(std::string_view text);

/// Masks texts of one service.
class masker {
 public:
  /// Values that go by secret names are masked wherever they stand, shorter ones than four bytes
  /// aside.
  void learn(std::string_view name, std::string_view value);
  /// The same of each "NAME=value" of an environment as the kernel keeps it, separated by NUL.
  void learn_environment(std::string_view block);

  /// Of something that has a name: the value, or the mask for all of it.
  std::string value(std::string_view name, std::string_view value) const;
  /// Free text, a shell command for one: what is assigned to secret names (NAME=…, "name": …,
  /// --name …), and the passwords of addresses.
  std::string text(std::string_view text) const;
  /// A command with its arguments, `--password` and what follows it included.
  std::vector<std::string> arguments(std::span<const std::string> arguments) const;

 private:
  std::set<std::string, std::less<>> known_;
};

}  // namespace aurora::core
