#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "reactor/logs/log_budget.hpp"
#include "reactor/logs/log_hub.hpp"
#include "reactor/logs/log_stream.hpp"
#include "reactor/task_scope.hpp"
#include "reactor/worker_pool.hpp"

namespace aurora::reactor::logs {

enum class place { armed, ready, gathering };

/// How fast a pipe fills, and so how long it is left alone after a read.
enum class pace { calm, lively, flood };

/// A stream and when it is to be read.
struct source : std::enable_shared_from_this<source> {
  using clock = std::chrono::steady_clock;
  explicit source(log_stream::settings how) : stream(std::move(how)) {}

  log_stream stream;
  place where = place::armed;
  pace speed = pace::calm;
  clock::time_point last{};    ///< data came
  clock::time_point window{};  ///< the rate is taken over one `gather` from here
  std::size_t window_bytes = 0;
  std::size_t window_most = 0;  ///< the largest read of them
  std::uint64_t rotations = 0;  ///< of its file, as last seen
  std::uint64_t end = 0;        ///< of its file, as last seen
  bool packing = false, retrying = false, closed = false;
};
using source_ptr = std::shared_ptr<source>;

/// Pipes that are left alone, and the timer that ends it for all of them at once. Nothing runs
/// while there are none.
struct gatherer {
  gatherer(const boost::asio::any_io_executor& executor, duration how_long)
      : timer(executor), period(how_long) {}
  boost::asio::steady_timer timer;
  duration period;
  std::vector<source_ptr> waiting;
  bool running = false;
};

/// The inside of `log_hub`: which pipe is read when. Channels keep it alive.
class hub_core : public std::enable_shared_from_this<hub_core> {
 public:
  using owner_ids = std::optional<std::pair<uid_t, gid_t>>;

  hub_core(boost::asio::any_io_executor executor, worker_pool& workers, log_hub::options how);

  /// `name`: of the files; the instance, or with `.err`.
  boost::system::result<source_ptr> open(const std::string& instance, const std::string& name,
                                         const logs_spec& spec, owner_ids owner);
  void close(source& which);
  void start();
  boost::asio::awaitable<void> stop();
  void reopen();
  void limit_total(std::uint64_t bytes);

  /// Moves what the pipe holds now.
  void drain(source& which);
  /// Sees to what a read, an open or other settings left to do: packing, trying again.
  void after(const source_ptr& which);
  log_hub::activity counted() const;

 private:
  struct open_file_count;

  boost::asio::awaitable<void> watch();
  boost::asio::awaitable<void> run();
  boost::asio::awaitable<void> tick(gatherer& who);
  boost::asio::awaitable<void> retry();
  bool turn();
  void collect();
  std::size_t pump(const source_ptr& which);
  void went_empty(const source_ptr& which);
  void measure(source& which, std::size_t bytes, source::clock::time_point now) const;
  void make_ready(const source_ptr& which);
  void gather(const source_ptr& which);
  void arm(source& which);
  void retry_one(const source_ptr& which);
  void pack_next(const source_ptr& which);
  void weigh(source& which);
  void trim();
  void trimmed(log_usage found);
  std::vector<segment> rotated_of(const std::string& name);

  boost::asio::any_io_executor executor_;
  worker_pool& workers_;
  log_hub::options how_;
  boost::asio::posix::stream_descriptor epoll_;
  intake intake_;  // one for all: read, written, forgotten
  std::optional<intake::rest> rest_;
  bool intake_in_use_ = false;
  std::vector<source_ptr> sources_;
  std::deque<source_ptr> ready_;
  std::vector<source_ptr> faulty_;
  gatherer calm_, lively_;
  boost::asio::steady_timer retry_timer_;
  segment_index rotated_;  // as the folder was when the hub was made
  std::set<std::string> seen_;
  std::size_t open_files_ = 0;
  log_hub::activity count_;
  std::uint64_t total_ = 0;    // of all logs when last measured
  std::uint64_t written_ = 0;  // to files since then
  bool trimming_ = false, trim_again_ = false;
  // Outlives us in the hands of a worker.
  std::shared_ptr<std::atomic<bool>> abandon_ = std::make_shared<std::atomic<bool>>(false);
  bool started_ = false, stopped_ = false, running_ = false;
  task_scope scope_;
};

}  // namespace aurora::reactor::logs
