#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/system/error_code.hpp>

#include "failure.hpp"
#include "places.hpp"

namespace aurora::ctl {

namespace asio = boost::asio;
namespace beast = boost::beast;

using byte_stream = beast::basic_stream<asio::generic::stream_protocol, asio::any_io_executor>;

/// Connects within the stream's own limit (`expires_after`). A socket path of any length: beyond
/// the 107 bytes of sockaddr_un it goes through /proc/self/fd. Throws when cancelled, and a
/// `failure` where TLS does not come about.
asio::awaitable<boost::system::error_code> connect_to(byte_stream& stream, const endpoint& where);

/// What an error of the transport means to the user. `doing`: "reach", "ask".
failure unreachable(const endpoint& where, boost::system::error_code ec);

}  // namespace aurora::ctl
