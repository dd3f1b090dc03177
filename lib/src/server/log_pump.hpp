#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "reactor/worker_pool.hpp"
#include "server/backend.hpp"
#include "server/log_history.hpp"
#include "server/wake_up.hpp"
#include "wire/answers.hpp"
#include "wire/line_splitter.hpp"

namespace aurora::server {

/// The logs one client asked for, as messages ready to be sent: first the past, read from files on
/// a worker, then what comes, joined by offset so that no byte is missing or there twice. Live
/// lines wait in one bounded queue; what does not fit is dropped and counted, and a message with
/// the count stands in its place. The files are not affected by a slow client.
class log_pump {
 public:
  struct format {
    std::function<std::string(const wire::log_line&)> line;
    std::function<std::string(std::uint64_t lines)> dropped;
    /// Of a log that is gone on with: bytes before the next line that the files have no more.
    std::function<std::string(std::string_view name, std::uint64_t bytes)> missing = {};
  };
  struct wanted {
    std::vector<std::string> names;
    std::optional<std::size_t> lines = 0;  ///< of the past; nothing: all there is
    std::optional<wall_time> since;
    /// By instance: only what is behind this offset, all of it. One behind the end of the log is of
    /// another log, and all is wanted.
    std::map<std::string, std::uint64_t> after = {};
    bool live = false;
  };

  /// `wake` is set whenever there is something to send; it and the others outlive the pump.
  log_pump(backend& from, reactor::worker_pool& workers, history_opener history,
           std::size_t queue_limit, format as, wake_up& wake);
  log_pump(const log_pump&) = delete;
  log_pump& operator=(const log_pump&) = delete;

  struct added {
    std::vector<std::string> instances;  ///< what the names stand for
    std::vector<std::string> unknown;    ///< names that stand for nothing
  };

  /// Those already followed keep what they have. A problem only where none of the names is known.
  answer<added> add(const wanted& what);
  /// Names as in `add`, or instances that are gone by now.
  void remove(const std::vector<std::string>& names);

  /// The next messages; none: nothing for now. Cancellation: a read under way on a worker is waited
  /// for, then operation_aborted.
  boost::asio::awaitable<std::vector<std::string>> next();

 private:
  struct feed {
    std::string instance;
    wire::line_splitter splitter;
    std::shared_ptr<void> handle;  ///< last: no call after it is gone
  };
  /// Used by one worker at a time; shared, because a worker may still read when the pump is gone.
  struct past {
    history_opener open;
    std::vector<history_request> requests;
    std::unique_ptr<log_history> lines;  ///< once opened
    /// Of logs that are gone on with and of which nothing was read yet: where they were left.
    std::map<std::string, std::uint64_t> left;  ///< used by the loop only
    std::vector<wire::log_line> next();
  };

  struct found {
    std::vector<log_source> sources;
    std::vector<std::string> unknown;
  };
  answer<found> find(const std::vector<std::string>& names) const;
  static std::optional<history_request> past_of(const wanted& what, const log_source& source);
  void follow(const log_source& source);
  std::vector<std::string> tell(past& from, const std::vector<wire::log_line>& lines) const;
  void take(feed& from, std::string_view bytes, std::uint64_t offset);
  void push(const wire::log_line& line);
  std::vector<std::string> pop();
  boost::asio::awaitable<std::optional<std::vector<wire::log_line>>> read_past();

  backend& from_;
  reactor::worker_pool& workers_;
  history_opener history_;
  std::size_t limit_;
  format format_;
  wake_up& wake_;
  std::deque<std::shared_ptr<past>> past_;
  std::deque<std::string> queue_;
  std::size_t queued_ = 0;  ///< bytes
  std::uint64_t dropped_ = 0;
  std::map<std::string, std::unique_ptr<feed>> feeds_;  ///< last: their sinks use the queue
};

}  // namespace aurora::server
