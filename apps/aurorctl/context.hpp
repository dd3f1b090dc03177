#pragma once

#include <boost/asio/io_context.hpp>

#include <string>
#include <vector>

#include "answers.hpp"
#include "failure.hpp"
#include "options.hpp"
#include "tasks.hpp"
#include "terminal.hpp"

namespace aurora::ctl {

/// What a verb works with.
struct context {
  explicit context(invocation what)
      : given(std::move(what)), out(1, given.colours), err(2, given.colours) {}

  invocation given;
  terminal out;  ///< results
  terminal err;  ///< progress and faults
  asio::io_context io{1};

  /// A line of result that --quiet and --json leave out.
  void say(std::string_view text) {
    if (!given.quiet && !given.json) out.line(text);
  }
  /// When a verb that waits has to give up, by --timeout; never, without.
  steady::time_point deadline() const {
    return given.timeout ? steady::now() + *given.timeout : steady::time_point::max();
  }
};

/// "exit_code" as `main` returns it.
constexpr int code(exit_code c) { return static_cast<int>(c); }

/// The instances that `names` mean, services or instances, in the order of the status; all without
/// names. Throws `failure` (no such service) with a did-you-mean.
std::vector<const service_view*> select(const status_view& status,
                                        const std::vector<std::string>& names);

/// Whether a service or an instance among `names` is this one; none means all.
bool means(const std::vector<std::string>& names, const service_view& service);

/// What `failure` says, on stderr.
void tell(terminal& err, const failure& what);

/// The whole program but `main`. Never throws.
int run(const std::vector<std::string>& arguments);

}  // namespace aurora::ctl
