#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "reactor/probe/deadline.hpp"
#include "reactor/probe/patterns.hpp"
#include "reactor/probe/prober.hpp"
#include "reactor/probe/resolver.hpp"
#include "reactor/probe/tls.hpp"

namespace aurora::reactor {

/// What the probes of one prober share. Outlives them all: each holds it.
struct probe_room {
  probe_room(boost::asio::any_io_executor executor, worker_pool& workers, resolve_function resolve);

  boost::asio::any_io_executor executor;
  std::shared_ptr<deadline_set> deadlines;
  resolver names;
  tls_contexts tls;
  patterns bodies;
};

/// One question over http or https, on a connection of its own, until `limit`. Decided by the
/// status as soon as the header is in, unless the body is asked about; then the connection is
/// closed.
boost::asio::awaitable<probe_outcome> probe_http(probe_room& room, const http_request& asked,
                                                 deadline& limit);

/// Healthy once something accepts the connection.
boost::asio::awaitable<probe_outcome> probe_tcp(probe_room& room, const tcp_request& asked,
                                                deadline& limit);

}  // namespace aurora::reactor
