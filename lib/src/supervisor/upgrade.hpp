#pragma once

#include <string>

#include <boost/asio/awaitable.hpp>

#include "reactor/child/unique_fd.hpp"
#include "server/backend.hpp"

/// How a new program takes the place of the running one: tested here before anything is given up;
/// then this reactor ends, the keeper executes the next one of that program, and goes back when it
/// does not stand (keeper/replacing.cpp).
namespace aurora::shell {

/// A program that said of itself that it can go on with this state directory.
struct successor {
  reactor::unique_fd program;  ///< open for execution: the very file that was tested
  std::string version;
};

/// Runs the self-test of the program at `path`, for 5 s at most. Error: what it said, or why it
/// could not be run; nothing has changed.
boost::asio::awaitable<server::answer<successor>> test_successor(const std::string& path,
                                                                 const std::string& state_dir);

/// A refusal (409) with its reason.
problem upgrade_refused(std::string why, std::string hint);

/// The self-test, in the program that is to take over: can it go on where `layout` and the state
/// directory say? Says the version on stdout, or why not on stderr. Changes nothing. Returns the
/// exit code.
int self_test(int layout, const std::string& state_dir);

}  // namespace aurora::shell
