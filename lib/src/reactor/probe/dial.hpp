#pragma once

#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "reactor/probe/deadline.hpp"

namespace aurora::reactor {

/// "127.0.0.1:80", "[::1]:80".
std::string to_text(const boost::asio::ip::tcp::endpoint& endpoint);

/// What the system calls an error, as a phrase: "connection refused".
std::string error_words(const boost::system::error_code& ec);

/// Connects `socket` to the first of `addresses` that answers, in order; each has an equal share of
/// the time that is left, so that one that swallows packets does not use it all up. On this machine
/// a connection is there when connect(2) returns and nothing is waited for.
/// The error's text ("connection refused (127.0.0.1:80 and 1 more)"), empty: connected. After
/// `limit` the text is about the address that was tried last. The socket is non-blocking and
/// close-on-exec.
///
/// A connection of a socket to itself, which the kernel makes when the port that it picks is the
/// one that is dialled and nobody listens there, counts as refused: else a TCP probe of a dead
/// service in the ephemeral range would now and then find it healthy, and keep its port from it.
boost::asio::awaitable<std::string> dial(boost::asio::ip::tcp::socket& socket,
                                         std::vector<boost::asio::ip::tcp::endpoint> addresses,
                                         deadline& limit);

}  // namespace aurora::reactor
