#pragma once

#include <aurora/time.hpp>

#include <optional>
#include <string>

#include "options.hpp"

/// Where things are, by the rules of contract §1. Reads the configuration only where it must.
namespace aurora::ctl {

/// The configuration by --config, $AURORA_CONFIG, ./aurora.json, /etc/aurora/aurora.json, absolute.
/// Empty: neither was given and no such file exists.
std::string find_config(const invocation& given);
/// As above; throws `failure` (configuration invalid) that lists where was looked.
std::string require_config(const invocation& given);

/// The state directory by --state-dir, $AURORA_STATE_DIR, the configuration's `state_dir`,
/// `.aurora` beside it, /var/lib/aurora for one under /etc/aurora. Absolute.
/// The configuration is parsed only if its text names `state_dir`, and one that is invalid
/// elsewhere still tells it: `status` must work while someone edits the file.
/// Throws `failure` (no daemon) where there is nothing to go by.
std::string find_state_dir(const invocation& given);

/// Where the daemon listens.
struct endpoint {
  enum class kind { local, tcp };
  kind how = kind::local;
  std::string path;                  ///< of the socket
  std::string host, port;            ///< of a TCP listener
  std::string token;                 ///< sent as a bearer token; may be empty
  std::string shown;                 ///< as people write it
  bool tls = false;                  ///< https://
  std::optional<duration> patience;  ///< --timeout, where it is shorter than an answer may take

  /// "127.0.0.1:9090", "[::1]:9090"; of the socket "localhost".
  std::string authority() const;
  std::string base_url() const;  ///< "https://ops.example:9090"
};

/// By --host, or the socket in the state directory. Throws `failure`.
endpoint find_endpoint(const invocation& given);

/// `path` made absolute against the working directory, without `.` and `..` where that is lexical.
std::string absolute(const std::string& path);

/// Whole content of a small file; throws `failure` with errno's words and `purpose`.
std::string read_file(const std::string& path, const std::string& purpose);

}  // namespace aurora::ctl
