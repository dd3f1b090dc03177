#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <boost/system/result.hpp>

/// The part of POSIX ustar that a backup needs: regular files, in memory. Pure. Our own and small,
/// since of libarchive only what is refused here would be left.
namespace aurora::ctl::archive {

struct entry {
  std::string name;   ///< relative, "a/b": see `is_safe_name`
  std::string bytes;  ///< up to 8 GiB - 1
  unsigned mode = 0600;
  std::int64_t modified = 0;  ///< seconds since the epoch, 0 or more
};

/// Whether a name stays below where it is unpacked, on one line: no absolute path, no empty part,
/// no `.` and `..`, no control character.
bool is_safe_name(std::string_view name);

/// Whether a header can carry a safe name: 100 bytes, or 255 with a `/` where it can be parted.
bool fits_header(std::string_view name);

/// `tar tf` lists it. Only of names that are safe and fit.
std::string write_tar(const std::vector<entry>& entries);

/// Strict: nothing but regular files with safe names, each once, and an end; no byte that means
/// nothing may be other than zero. Error: what is wrong, in words, with the name where there is
/// one.
boost::system::result<std::vector<entry>, std::string> parse_tar(std::string_view bytes);

}  // namespace aurora::ctl::archive
