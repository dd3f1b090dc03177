#pragma once

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "client.hpp"
#include "context.hpp"

namespace aurora::ctl {

/// An `aurorad` that we started. It runs in a session of its own and outlives us.
struct launched_daemon {
  pid_t pid = -1;
  std::string log;              ///< STATE/logs/aurorad.log, where its stdout and stderr go
  std::uint64_t log_began = 0;  ///< size of the log before it started
  std::optional<int> ended;     ///< its exit code, or 128 + signal, once reaped

  /// Reaps it if it has ended; the result is `ended`.
  std::optional<int> poll();
  /// What it wrote since it was started: the last lines.
  std::vector<std::string> last_lines(std::size_t most) const;
};

/// Starts `aurorad` from beside our own binary, else from PATH, with the configuration and the
/// state directory of `given`. Makes the state directory (0700). Throws `failure`.
/// start_delay: what services wait, "5s"; empty: nothing.
launched_daemon launch_daemon(const invocation& given, const std::string& start_delay = {});

/// Our own binary, absolute.
std::string own_program();
/// A program beside our own binary, else on PATH: absolute; empty: there is none.
std::string find_program(const std::string& name);

/// What came of a program.
struct program_result {
  int status = -1;          ///< its exit code, or 128 + signal; -1: it could not be started
  int error = 0;            ///< errno, where it could not
  std::string out, err;     ///< what it printed
  std::string how() const;  ///< "ended with exit code 1", "cannot be started: …"
};

/// Runs a program of PATH to its end, in a session of its own, with `input` as its stdin. One that
/// takes longer than half a minute is killed. Only for programs that print little.
program_result run_program(std::vector<std::string> words, const std::string& input = {});

/// Has a program from beside our own binary, else from PATH, take the place of this process, with
/// our own arguments. Returns only where that fails: errno.
int replace_by(const std::string& name);

/// Starts `aurorctl-tls` from beside our own binary, else from PATH, with `socket` as its stdin; it
/// ends when the other end of that is closed. Returns: errno, or 0.
int launch_tls(int socket, std::string host, std::string port);

/// Opens a file with the user's browser: the first of $BROWSER (a list with colons between) that
/// can be started, else xdg-open. Does not wait for it. Returns: whether one was started.
bool open_in_browser(const std::string& file);

/// Until the daemon answers. Throws `failure` with its last words when it ends first: its own exit
/// code where that means something here (6), else 1; 124 when --timeout runs out.
asio::awaitable<void> await_daemon(context& c, client& api, launched_daemon& daemon);

/// Whether a daemon answers at all. Throws `failure` for everything but "no daemon".
asio::awaitable<bool> daemon_answers(client& api);

/// For verbs that launch the daemon when there is none: what was launched, or nothing.
asio::awaitable<std::optional<launched_daemon>> ensure_daemon(context& c, client& api);

}  // namespace aurora::ctl
