#pragma once

#include <string>
#include <vector>

#include "client.hpp"
#include "context.hpp"
#include "progress.hpp"

namespace aurora::ctl {

/// A change that the daemon carries out and that may be waited for.
struct operation {
  std::string target;  ///< "/api/v1/start"; empty: nothing is asked for, only waited
  std::string body;    ///< JSON
  aim goal = aim::up;
  std::vector<std::string> names;  ///< as given; empty: all
  bool wait = true;
  bool stopped_is_fine = false;  ///< a target that is stopped and stays so has not failed
};

/// Asks for it, shows the progress on stderr, waits for its end or for --timeout. A daemon that
/// hangs is noticed within ten seconds, one that comes back (its keeper restarts it) is waited for.
asio::awaitable<operation_view> carry_out(context& c, client& api, operation what);

/// Tells the result and returns the exit code: 0, 1 when one failed, 124 when one is still pending.
/// `past`: "running", "stopped".
int report(context& c, const operation& what, const operation_view& result, std::string_view past);

/// The part of it that a result which was waited for decides.
int outcome(context& c, const operation_view& result);

/// The whole of `start`, `stop` and `restart`; of `scale` too, which brings a body of its own.
int operate(context& c, operation what, std::string_view past);

}  // namespace aurora::ctl
