#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/system/result.hpp>

#include <aurora/answers.hpp>
#include <aurora/inspection.hpp>
#include <aurora/plan.hpp>

#include "wire/configuration.hpp"
#include "wire/exposition.hpp"

namespace aurora::server {

template <class T>
using answer = boost::system::result<T, problem>;

enum class verb { start, stop, restart };

/// Live changes, for the stream and for followers. Called from the loop; must neither throw nor
/// block.
struct observer {
  virtual ~observer() = default;
  virtual void on_entry(const journal_entry& entry) = 0;
  virtual void on_probe(const std::string& /*instance*/, const probe_answer&) {}
  virtual void on_usage(const usage_moment&) {}
};

/// Where the log of an instance is, for reading history from its files and following on.
struct log_source {
  std::string instance;
  std::string path;  ///< of the current file; rotated ones beside it
  std::uint64_t bytes =
      0;  ///< written since the channel was made; the current file ends at this offset
};

/// What the server asks of the supervisor. Implemented by the driver; faked in the server's tests.
/// All calls come from the loop's thread. Names are instances or services; an empty list means all.
class backend {
 public:
  virtual ~backend() = default;

  virtual stack_status status() = 0;
  virtual answer<std::vector<service_status>> services(const std::vector<std::string>& names) = 0;

  /// With `wait`: answers when all targets came to their end, or the time has run out. Cancellation
  /// (the client went away) stops the waiting, not the work.
  virtual boost::asio::awaitable<answer<operation_report>> operate(
      verb what, std::vector<std::string> names, std::optional<duration> wait) = 0;
  virtual boost::asio::awaitable<answer<operation_report>> scale(std::string service,
                                                                 unsigned instances,
                                                                 std::optional<duration> wait) = 0;
  virtual answer<void> signal(const std::string& name, int number) = 0;

  /// Reads the configuration again: what would change, or then does it. Invalid: a problem, nothing
  /// changed.
  virtual boost::asio::awaitable<answer<plan_steps>> plan() = 0;
  virtual boost::asio::awaitable<answer<reload_report>> reload(std::optional<duration> wait) = 0;

  /// Tests the program that is installed now; with the answer it takes the place of this one, and
  /// connections end. Refused: a problem, nothing changed.
  virtual boost::asio::awaitable<answer<upgrade_report>> upgrade() = 0;

  /// Stops everything, then the daemon.
  virtual void shutdown() = 0;
  /// The same, and what is left is killed at once: `shutdown?force=1`.
  virtual void force_shutdown() { shutdown(); }

  virtual boost::asio::awaitable<answer<std::vector<probe_report>>> check(
      std::vector<std::string> names) = 0;
  /// Reads logs and looks at who holds ports, off the loop.
  virtual boost::asio::awaitable<answer<std::vector<explanation>>> why(std::string name) = 0;
  virtual service_graph graph() = 0;

  /// The text of `/metrics`, as of now. Written, and most of it read, off the loop.
  virtual boost::asio::awaitable<std::string> metrics(wire::exposition how) = 0;

  // What a page shows of one service, by the name of it or of an instance. Read off the loop where
  // files are read.
  virtual boost::asio::awaitable<answer<std::vector<wire::instance_configuration>>>
  configuration_of(std::string name) = 0;
  virtual boost::asio::awaitable<answer<std::vector<process_list>>> processes(std::string name) = 0;
  virtual answer<std::vector<probe_history>> probes(const std::string& name) = 0;
  virtual answer<std::vector<usage_history>> usage(const std::string& name) = 0;
  /// `observer::on_usage` is called every few seconds for as long as such a handle lives.
  virtual std::shared_ptr<void> watch_usage() = 0;

  /// Entries after `since` (a sequence number), oldest first, at most `most`; the journal keeps the
  /// last 10,000.
  virtual std::vector<journal_entry> events(std::uint64_t since, std::size_t most) = 0;

  /// True when every wanted service is ready.
  virtual bool ready() = 0;

  virtual answer<std::vector<log_source>> logs(const std::vector<std::string>& names) = 0;
  /// Live bytes of an instance; destroying the handle ends it. Offsets as in `log_source::bytes`.
  using log_sink = std::function<void(std::string_view bytes, std::uint64_t offset)>;
  virtual std::shared_ptr<void> follow(const std::string& instance, log_sink sink) = 0;

  /// Someone changed something, or tried to sign in and could not: one line for the daemon's log.
  enum class audit_kind { change, refused };
  virtual void audit(audit_kind what, const std::string& line) = 0;
  /// "http://127.0.0.1:9090" of the TCP listener; empty: nothing listens.
  virtual std::string http_url() = 0;

  virtual void observe(observer& who) = 0;
  virtual void forget(observer& who) = 0;
};

}  // namespace aurora::server
