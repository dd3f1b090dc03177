#include "reactor/logs/hub_core.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>
#include <boost/asio/post.hpp>

#include "reactor/logs/gzip.hpp"

namespace aurora::reactor::logs {
namespace {

namespace asio = boost::asio;

constexpr std::size_t turn_bytes = 8 << 20;  // then other handlers of the loop have their turn
constexpr std::size_t turn_sources = 512;
constexpr auto short_gather = std::chrono::milliseconds(2);
constexpr auto long_silence = std::chrono::seconds(1);
constexpr auto first_retry = std::chrono::milliseconds(50);

boost::system::error_code error_of(int error) { return {error, boost::system::system_category()}; }

}  // namespace

// Keeps the number of open files right across whatever may open or close one.
struct hub_core::open_file_count {
  open_file_count(hub_core& core, source& which)
      : core_(core), file_(which.stream.file()), before_(file_.is_open()) {}
  ~open_file_count() {
    core_.open_files_ += file_.is_open();
    core_.open_files_ -= before_;
  }
  hub_core& core_;
  log_file& file_;
  bool before_;
};

hub_core::hub_core(asio::any_io_executor executor, worker_pool& workers, log_hub::options how)
    : executor_(std::move(executor)),
      workers_(workers),
      how_(std::move(how)),
      epoll_(executor_),
      calm_(executor_, how_.gather),
      lively_(executor_, std::min<duration>(short_gather, how_.gather)),
      retry_timer_(executor_),
      scope_(executor_) {
  ::mkdir(how_.fifo_dir.c_str(), 0700);
  ::mkdir(how_.log_dir.c_str(), 0700);
  intake_.open(how_.fifo_dir + "/intake");
  rest_ = intake_.take_rest();
  rotated_ = find_segments(how_.log_dir);
  const int fd = ::epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0) throw boost::system::system_error(error_of(errno), "cannot make an epoll set");
  epoll_.assign(fd);
}

// The folder is read once for all; a name that comes back later has made files of its own since.
std::vector<segment> hub_core::rotated_of(const std::string& name) {
  if (!seen_.insert(name).second) return find_segments(how_.log_dir, name);
  const auto it = rotated_.find(name);
  return it == rotated_.end() ? std::vector<segment>() : it->second;
}

boost::system::result<source_ptr> hub_core::open(const std::string& instance,
                                                 const std::string& name, const logs_spec& spec,
                                                 owner_ids owner) {
  log_stream::settings settings{name,           instance,     how_.fifo_dir, how_.log_dir,
                                how_.pipe_size, how_.backlog, how_.on_fault, {}};
  settings.dispose = [this](descriptor old) {
    auto last = std::make_shared<descriptor>(std::move(old));
    asio::post(workers_.executor(), [last] { last->reset(); });
  };
  auto which = std::make_shared<source>(std::move(settings));
  if (const int error = which->stream.open(rotated_of(name), spec, owner, rest_))
    return error_of(error);
  epoll_event event{};
  event.events = EPOLLIN | EPOLLONESHOT;
  event.data.ptr = which.get();
  if (::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_ADD, which->stream.pipe().reader.get(),
                  &event) != 0)
    return error_of(errno);
  sources_.push_back(which);
  if (which->stream.file().is_open() && ++open_files_ > how_.open_files) {
    which->stream.settle(true);
    --open_files_;
  }
  after(which);
  return which;
}

void hub_core::close(source& which) {
  if (which.closed) return;
  drain(which);
  which.stream.finish();
  which.closed = true;
  ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_DEL, which.stream.pipe().reader.get(), nullptr);
  if (which.stream.file().is_open()) --open_files_;
  std::erase_if(sources_, [&](const auto& each) { return each.get() == &which; });
}

void hub_core::start() {
  started_ = true;
  scope_.spawn(watch());
  for (const auto& each : sources_) after(each);
  limit_total(how_.max_total_size);
}

asio::awaitable<void> hub_core::stop() {
  stopped_ = true;
  abandon_->store(true);
  scope_.request_stop();
  co_await scope_.join();
  const auto all = sources_;
  for (const auto& each : all) {
    drain(*each);
    each->stream.finish();
  }
  ready_.clear();
  faulty_.clear();
  calm_.waiting.clear();
  lively_.waiting.clear();
}

// Readiness is a hint only: `collect` asks the set itself, without waiting.
asio::awaitable<void> hub_core::watch() {
  for (;;) {
    auto [error] = co_await epoll_.async_wait(asio::posix::stream_descriptor::wait_read, tok);
    if (error) co_return;
    ++count_.wakes;
    co_await run();
  }
}

// Turns until no pipe is known to hold more; between two of them the rest of the loop runs.
asio::awaitable<void> hub_core::run() {
  if (running_) co_return;
  running_ = true;
  while (turn()) co_await asio::post(executor_, asio::use_awaitable);
  running_ = false;
}

asio::awaitable<void> hub_core::tick(gatherer& who) {
  while (!who.waiting.empty()) {
    who.timer.expires_after(who.period);
    auto [error] = co_await who.timer.async_wait(tok);
    if (error) break;
    ++count_.ticks;
    for (const auto& each : std::exchange(who.waiting, {})) make_ready(each);
    co_await run();
  }
  who.running = false;
}

asio::awaitable<void> hub_core::retry() {
  // Most faults are over at once, and what waits in memory dies with this process.
  for (auto pause = std::min<duration>(first_retry, how_.retry); !faulty_.empty();
       pause = how_.retry) {
    retry_timer_.expires_after(pause);
    auto [error] = co_await retry_timer_.async_wait(tok);
    if (error) co_return;
    for (const auto& each : std::exchange(faulty_, {})) {
      each->retrying = false;
      if (each->closed) continue;
      retry_one(each);
    }
  }
}

void hub_core::retry_one(const source_ptr& which) {
  const open_file_count counted(*this, *which);
  which->stream.retry();
  if (!which->stream.faulty()) return;
  which->retrying = true;
  faulty_.push_back(which);
}

void hub_core::reopen() {
  for (const auto& each : sources_) {
    const open_file_count counted(*this, *each);
    each->stream.reopen();
    after(each);
  }
}

bool hub_core::turn() {
  collect();
  std::size_t moved = 0;
  for (auto n = std::min(ready_.size(), turn_sources); n > 0 && moved < turn_bytes; --n) {
    const auto next = std::move(ready_.front());
    ready_.pop_front();
    if (!next->closed) moved += pump(next);
  }
  return !ready_.empty();
}

void hub_core::collect() {
  std::array<epoll_event, 256> events;
  const int n = ::epoll_wait(epoll_.native_handle(), events.data(), events.size(), 0);
  for (int i = 0; i < n; ++i) {
    auto* which = static_cast<source*>(events[static_cast<std::size_t>(i)].data.ptr);
    make_ready(which->shared_from_this());
  }
}

void hub_core::make_ready(const source_ptr& which) {
  if (which->closed || which->where == place::ready) return;
  which->where = place::ready;
  ready_.push_back(which);
}

std::size_t hub_core::pump(const source_ptr& which) {
  const auto now = source::clock::now();
  log_stream::portion got;
  {
    const open_file_count counted(*this, *which);
    intake_in_use_ = true;
    got = which->stream.read(intake_);
    intake_in_use_ = false;
  }
  ++count_.reads;
  count_.bytes += got.bytes;
  if (which->closed) return got.bytes;
  if (got.empty) {
    went_empty(which);
    return 0;
  }
  after(which);
  measure(*which, got.bytes, now);
  which->where = place::armed;
  if (got.bytes >= which->stream.pipe().capacity / 8) {
    make_ready(which);
  } else if (which->speed == pace::flood || which->stream.tapped()) {
    which->stream.settle(false);
    arm(*which);
  } else {
    gather(which);
  }
  return got.bytes;
}

// Nothing came while it was left alone for a short time: a longer one, then back to the set.
void hub_core::went_empty(const source_ptr& which) {
  if (which->speed == pace::lively && !which->stream.tapped()) {
    which->speed = pace::calm;
    gather(which);
    return;
  }
  const open_file_count counted(*this, *which);
  which->stream.settle(which->speed != pace::flood && open_files_ > how_.open_files);
  arm(*which);
}

// Faster at once, slower only after a whole window; and not while reads find the pipe half full,
// for then it is we who are slow. After a long silence it is not known whether a line or a flood
// begins, and a pipe left alone for long would hold a flood up: a short look first.
void hub_core::measure(source& which, std::size_t bytes, source::clock::time_point now) const {
  const auto eighth = which.stream.pipe().capacity / 8;
  if (now - which.window > how_.gather) {
    if (which.speed == pace::flood) {
      const bool ebbing = which.window_bytes < eighth * 25 && which.window_most < eighth * 4;
      if (ebbing) which.speed = pace::lively;
    } else if (which.window_bytes < eighth) {
      which.speed = pace::calm;
    }
    which.window = now;
    which.window_bytes = which.window_most = 0;
  }
  if (now - which.last > long_silence && which.speed == pace::calm) which.speed = pace::lively;
  which.last = now;
  which.window_bytes += bytes;
  which.window_most = std::max(which.window_most, bytes);
  if (bytes >= eighth) which.speed = which.speed == pace::calm ? pace::lively : pace::flood;
}

void hub_core::gather(const source_ptr& which) {
  auto& who = which->speed == pace::calm ? calm_ : lively_;
  if (stopped_ || who.period <= duration::zero()) return arm(*which);
  which->where = place::gathering;
  who.waiting.push_back(which);
  if (std::exchange(who.running, true)) return;
  scope_.spawn(tick(who));
}

void hub_core::arm(source& which) {
  which.where = place::armed;
  epoll_event event{};
  event.events = EPOLLIN | EPOLLONESHOT;
  event.data.ptr = &which;
  ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_MOD, which.stream.pipe().reader.get(), &event);
}

// What a read or an open may have left to do.
void hub_core::after(const source_ptr& which) {
  if (!started_ || stopped_) return;
  if (which->stream.packs()) pack_next(which);
  weigh(*which);
  if (!which->stream.faulty() || which->retrying) return;
  which->retrying = true;
  faulty_.push_back(which);
  if (faulty_.size() == 1) scope_.spawn(retry());
}

// One file at a time for each log, on a worker; names are changed by the loop alone.
void hub_core::pack_next(const source_ptr& which) {
  if (which->packing) return;
  auto begun = which->stream.file().begin_packing();
  if (!begun) return;
  which->packing = true;
  auto job = std::make_shared<log_file::packing>(std::move(*begun));
  workers_.run(
      executor_,
      [job, stop = abandon_] { return gzip_copy(job->from.get(), job->into.get(), *stop); },
      [job, which, self = shared_from_this()](int error) {
        which->stream.file().end_packing(*job, error);
        which->packing = false;
        if (error == 0 && !which->closed) self->after(which);
      });
}

void hub_core::limit_total(std::uint64_t bytes) {
  how_.max_total_size = bytes;
  total_ = bytes;  // not known: it is measured now
  trim();
}

void hub_core::weigh(source& which) {
  const auto& file = which.stream.file();
  const auto end = file.end(), rotations = file.rotations();
  written_ += end - std::exchange(which.end, end);
  if (std::exchange(which.rotations, rotations) != rotations) trim();
}

// The folder is read by a worker, and only when what was written since the last time may be too
// much. The loop removes what is named: it is the one that renames.
void hub_core::trim() {
  if (how_.max_total_size == 0 || !started_ || stopped_) return;
  if (total_ + written_ < how_.max_total_size) return;
  trim_again_ = trimming_;
  if (std::exchange(trimming_, true)) return;
  written_ = 0;
  workers_.run(
      executor_,
      [dir = how_.log_dir, limit = how_.max_total_size] { return measure_logs(dir, limit); },
      [self = shared_from_this()](log_usage found) { self->trimmed(std::move(found)); });
}

void hub_core::trimmed(log_usage found) {
  trimming_ = false;
  total_ = found.total;
  if (stopped_) return;
  for (const auto& each : found.excess) {
    const auto it = std::find_if(sources_.begin(), sources_.end(), [&](const source_ptr& which) {
      return which->stream.file().path() == log_path(how_.log_dir, each.name);
    });
    if (it != sources_.end())
      (*it)->stream.file().remove_rotated(each.inode);
    else  // nobody's any more, and so nobody renames it
      ::unlink(segment_path(how_.log_dir, each.name, each.which).c_str());
  }
  if (std::exchange(trim_again_, false)) trim();
}

void hub_core::drain(source& which) {
  if (which.closed) return;
  const open_file_count counted(*this, which);
  if (intake_in_use_) {
    // From within a sink, against its contract: the shared memory is in use.
    intake own;
    which.stream.drain(own);
  } else {
    intake_in_use_ = true;
    which.stream.drain(intake_);
    intake_in_use_ = false;
  }
}

log_hub::activity hub_core::counted() const {
  auto result = count_;
  result.gathering = calm_.waiting.size() + lively_.waiting.size();
  return result;
}

}  // namespace aurora::reactor::logs
