#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The formats that `aurorctl init` reads, as far as it needs them. Pure and total: any bytes do.
namespace aurora::ctl {

/// Whether text of a stranger can stand in a configuration: UTF-8 without NUL, not longer.
bool tellable(std::string_view text, std::size_t most = 8192);

struct procfile_entry {
  std::string name;
  std::string command;
  unsigned line = 0;
};
struct procfile_content {
  std::vector<procfile_entry> entries;
  std::vector<unsigned> refused_lines;  ///< neither an entry, a comment nor blank
};
/// `NAME: COMMAND` lines, as foreman reads them.
procfile_content procfile_lines(std::string_view text);

/// The ports that foreman gives to the processes of a Procfile, one after the other.
class procfile_ports {
 public:
  /// `first`: the PORT of its environment.
  explicit procfile_ports(std::optional<int> first) : port_(first.value_or(first_port)) {}
  struct given {
    int number = 0;        ///< 0: there are no more
    bool listens = false;  ///< the command names PORT, so that it will listen there
  };
  given next(std::string_view command);

 private:
  static constexpr int first_port = 5000;  // 5000 for the first process, 5100 for the next
  int port_;
};

/// The names below `services:` of a compose file in block style. No YAML: who writes it in another
/// style gets no names, and what is no plain name is left out.
std::vector<std::string> compose_names(std::string_view text);

std::optional<int> port_from(std::string_view text);

}  // namespace aurora::ctl
