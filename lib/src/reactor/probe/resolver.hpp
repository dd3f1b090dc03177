#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "reactor/probe/deadline.hpp"
#include "reactor/probe/url.hpp"

namespace aurora::reactor {

/// What a name stands for; `fault` says why there are no addresses.
struct resolved {
  std::vector<boost::asio::ip::tcp::endpoint> addresses;
  std::string fault;
};

/// Looks a name up and may block for as long as it likes: it is called on a thread of the
/// resolver's own.
using resolve_function = std::function<resolved(const host_port&)>;

/// getaddrinfo(3), all families, in the order of RFC 6724.
resolved resolve_by_system(const host_port& at);

/// Turns hosts into addresses without ever blocking the loop. Addresses and "localhost" (127.0.0.1,
/// then ::1, whatever a name server thinks) are answered at once; other names are asked for on at
/// most `most_threads` threads, which end when there is nothing left to ask. Neither asio's
/// resolver (one thread for all: a name server that hangs stops every probe) nor the shared worker
/// pool (then it would stop those, too).
///
/// getaddrinfo cannot be cancelled, so a question that hangs keeps its thread until it comes back,
/// but no question is ever asked twice at the same time, and one that nobody waits for any more is
/// never begun: four name servers that hang cost four threads, not four a second.
class resolver {
 public:
  static constexpr unsigned most_threads = 4;

  explicit resolver(boost::asio::any_io_executor executor,
                    resolve_function resolve = resolve_by_system);
  ~resolver();
  resolver(const resolver&) = delete;
  resolver& operator=(const resolver&) = delete;

  /// Until the answer or the deadline (then its fault is empty if a thread was asking, and "name
  /// resolution is busy" if none was free). Honours terminal cancellation. The resolver must live
  /// until it returns.
  boost::asio::awaitable<resolved> resolve(host_port at, deadline& limit);

  /// Nothing is asked any more, and no answer comes. Threads that hang are left to themselves: they
  /// touch nothing of the loop after this.
  void close();

  /// Threads that are asking now.
  unsigned threads() const;

 private:
  struct office;
  struct question;
  struct desk;
  struct interest;
  static void work(std::shared_ptr<office> office);
  std::shared_ptr<question> ask(const host_port& at);

  std::shared_ptr<office> office_;
  std::shared_ptr<desk> desk_;
};

}  // namespace aurora::reactor
