#pragma once

#include <boost/asio/awaitable.hpp>

#include "server/backend.hpp"
#include "server/handlers.hpp"

namespace aurora::server {

/// The routes that only look: metrics, and what a page shows of one service. As `answer_later`; a
/// 404 for a route that is none of them.
boost::asio::awaitable<reply> answer_data(backend& from, api_call call);

}  // namespace aurora::server
