#pragma once

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <aurora/spec.hpp>

#include "reactor/child/launch.hpp"
#include "reactor/probe/resolver.hpp"
#include "reactor/worker_pool.hpp"

namespace aurora::reactor {

struct probe_outcome {
  bool healthy = false;
  std::string text;  ///< one line: "HTTP 200 in 3 ms", "HTTP 404, expected 200-399", "connection
                     ///< refused", "timed out after 2s"
  duration took{};
};

/// A probe with every variable closed.
struct http_request {
  std::string url;
  std::vector<status_range> status;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string method = "GET";
  bool tls_verify = true;
};
struct tcp_request {
  std::string address;
};
struct exec_request {
  launch_spec launch;
};
using probe_request = std::variant<http_request, tcp_request, exec_request>;

/// Performs probes. One total deadline each, names and TLS included; at most 64 KiB of a body are
/// read; redirects are not followed. TLS contexts are made when first needed and shared. Probes in
/// flight when it is destroyed fail at once and need it no more.
class prober {
 public:
  prober(boost::asio::any_io_executor executor, worker_pool& workers);
  /// For tests: `resolve` is asked for names, on threads of the prober's own.
  prober(boost::asio::any_io_executor executor, worker_pool& workers, resolve_function resolve);
  ~prober();

  /// Ends what is in flight and what would keep the loop from running empty; probes asked for later
  /// fail at once. May be called again.
  void stop();

  /// Never throws on a failing probe. Honours terminal cancellation (the outcome then does not
  /// matter). Build the request in a statement of its own: g++ 12 destroys a braced aggregate
  /// within a co_await expression twice.
  boost::asio::awaitable<probe_outcome> probe(probe_request request, duration timeout);

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace aurora::reactor
