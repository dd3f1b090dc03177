#pragma once

#include <string>

#include <boost/asio/awaitable.hpp>

#include "server/backend.hpp"
#include "server/connection.hpp"
#include "wire/routes.hpp"

namespace aurora::server {

/// A request that passed the gate and has a route, in our own terms.
struct api_call {
  const wire::route* to = nullptr;
  std::string name;  ///< what "{name}" stood for
  wire::query query;
  std::string body;
  std::string accept;  ///< the `Accept` field; empty: none
};

/// Whether the call only reads what is there (`answer_now`) or may take its time (`answer_later`).
bool answers_at_once(wire::endpoint id);

/// Neither of them handles streams (logs, stream, events that are followed).
reply answer_now(backend& from, const api_call& call);

/// Cancellation: the waiting ends, the work goes on.
boost::asio::awaitable<reply> answer_later(backend& from, api_call call);

}  // namespace aurora::server
