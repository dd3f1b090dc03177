#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What values of a supervisord configuration say. Pure and total.
namespace aurora::ctl::convert {

struct supervisord_names {
  std::string here;      ///< the directory of the file
  std::string program;   ///< may be empty
  long long number = 0;  ///< the first of its processes
  bool many = false;     ///< there are several
};
struct expanded {
  std::string text;     ///< in which `$` is doubled but for variables
  std::string fault;    ///< not empty: what cannot be filled in
  bool counts = false;  ///< the number of a process is in it
};
/// `%(ENV_X)s` becomes `${X}`, `%(process_num)d` of several `${AURORA_INSTANCE}`; `%%` is a per
/// cent sign.
expanded expand_supervisord(std::string_view text, const supervisord_names& names);

/// `KEY="value",OTHER='value'`. Nothing: it is none.
std::optional<std::vector<std::pair<std::string, std::string>>> supervisord_environment(
    std::string_view text);

/// "50MB", "1kb", "1GB" or a number of bytes.
std::optional<long long> supervisord_size(std::string_view text);

}  // namespace aurora::ctl::convert
