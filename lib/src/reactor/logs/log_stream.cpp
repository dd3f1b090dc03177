#include "reactor/logs/log_stream.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>

#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace aurora::reactor::logs {
namespace {

constexpr auto flush_every = std::chrono::seconds(1);

// The one look at the clock of the wall: for the marks.
wall_time wall_now() {
  return std::chrono::time_point_cast<wall_time::duration>(std::chrono::system_clock::now());
}

}  // namespace

log_stream::log_stream(settings how)
    : how_(std::move(how)),
      marks_(marks_path()),
      file_(how_.log_dir, how_.name, marks_, how_.dispose),
      waiting_(how_.backlog) {}

int log_stream::open(std::vector<segment> found, const logs_spec& spec,
                     std::optional<std::pair<uid_t, gid_t>> owner,
                     const std::optional<intake::rest>& rest) {
  spec_ = spec;
  if (const int error = open_fifo(fifo_path(), how_.pipe_size, owner, pipe_)) return error;
  if (const int error = file_.open(std::move(found), spec)) fail(error);
  if (rest && rest->name == how_.name) take_over(*rest);
  return 0;
}

void log_stream::take_over(const intake::rest& rest) {
  if (!file_.placed()) file_.skip_to(rest.offset + file_.ends_within(rest.bytes));
  const auto end = file_.end();
  if (end < rest.offset || end >= rest.offset + rest.bytes.size()) return;
  take(std::string_view(rest.bytes).substr(static_cast<std::size_t>(end - rest.offset)));
}

void log_stream::configure(const logs_spec& spec) {
  spec_ = spec;
  file_.configure(spec);
}

log_stream::portion log_stream::read(intake& through) {
  const auto bytes = std::min(pending(), intake::size);
  if (bytes == 0) return {0, true};
  const auto name = failed_ ? std::string_view() : std::string_view(how_.name);
  char* const place = through.place_for(name, file_.end(), bytes);
  ssize_t n = 0;
  do {
    n = ::read(pipe_.reader.get(), place, bytes);
  } while (n < 0 && errno == EINTR);
  if (n <= 0) return {0, true};
  take({place, static_cast<std::size_t>(n)});
  return {static_cast<std::size_t>(n), false};
}

/// Bytes in the pipe. Nobody else takes any out.
std::size_t log_stream::pending() const {
  int bytes = 0;
  if (::ioctl(pipe_.reader.get(), FIONREAD, &bytes) != 0 || bytes <= 0) return 0;
  return static_cast<std::size_t>(bytes);
}

void log_stream::drain(intake& through) {
  for (auto left = pending(); left > 0;) {
    const auto got = read(through);
    if (got.empty) break;
    left -= std::min(left, got.bytes);
  }
  marks_.flush();
}

std::uint64_t log_stream::next_offset() const {
  return failed_ ? waiting_from_ + waiting_.size() : file_.end();
}

std::uint64_t log_stream::end() {
  file_.check();
  return file_.end();
}

void log_stream::take(std::string_view bytes) {
  const auto offset = next_offset();
  const auto now = wall_now();
  const bool noted = marks_.note(offset, now);
  if (failed_) {
    hold(bytes);
  } else {
    const auto wrote = file_.write(bytes);
    if (wrote.error) {
      fail(wrote.error);
      hold(bytes.substr(wrote.done));
    } else {
      tell();
    }
  }
  if (noted && now - flushed_ > flush_every) {
    flushed_ = now;
    marks_.flush();
  }
  deliver(bytes, offset);
}

void log_stream::hold(std::string_view bytes) {
  const auto gone = waiting_.append(bytes);
  waiting_from_ += gone;
  lost_ += gone;
  dropped_ += gone;
}

void log_stream::fail(int error) {
  if (!failed_) waiting_from_ = file_.end();
  failed_ = true;
  error_ = error;
  tell();
}

// Once for each fault, and once when all is well again.
void log_stream::tell() {
  std::string fault;
  if (failed_) {
    fault = fmt::format(
        "cannot write '{}': {}; output waits in memory ({} KiB), then the oldest is dropped",
        file_.path(), error_words(error_), how_.backlog >> 10);
  } else if (const int error = file_.rotation_error()) {
    fault = fmt::format("cannot rotate '{}': {}; it grows beyond its limit", file_.path(),
                        error_words(error));
  }
  if (fault == told_) return;
  told_ = fault;
  if (how_.on_fault) how_.on_fault(how_.instance, fault);
}

void log_stream::retry() {
  if (!failed_) return;
  if (!write_marker() || !write_waiting()) return;
  failed_ = false;
  tell();
}

// The line that stands in the place of what was dropped; it begins a line of its own.
bool log_stream::write_marker() {
  if (marker_.empty() && lost_ == 0) return true;
  if (marker_.empty()) {
    auto line = fmt::format("[aurora] {} bytes dropped: {}\n", lost_, error_words(error_));
    marker_ = file_.at_line_start() ? std::move(line) : '\n' + line;
    const auto wrote = file_.write(marker_);
    if (wrote.done == 0) {
      // Not begun: the next one counts what is dropped until then.
      marker_.clear();
      fail(wrote.error);
      return false;
    }
    lost_ = 0;
    marker_.erase(0, wrote.done);
    if (wrote.error) return fail(wrote.error), false;
  } else {
    const auto wrote = file_.write(marker_);
    marker_.erase(0, wrote.done);
    if (wrote.error) return fail(wrote.error), false;
  }
  if (lost_ > 0) return write_marker();
  waiting_from_ = std::max(waiting_from_, file_.end());
  file_.skip_to(waiting_from_);
  return true;
}

bool log_stream::write_waiting() {
  if (waiting_.empty()) {
    // Nothing to write proves nothing, but the file must at least open.
    const int error = file_.reopen();
    if (error) fail(error);
    return error == 0;
  }
  const auto wrote = file_.write(waiting_.view());
  waiting_.remove_front(wrote.done);
  waiting_from_ += wrote.done;
  if (wrote.error) fail(wrote.error);
  return wrote.error == 0;
}

void log_stream::settle(bool close_file) {
  marks_.flush();
  if (close_file) file_.close();
}

void log_stream::finish() {
  retry();
  marks_.flush();
}

void log_stream::reopen() {
  marks_.flush();
  const int error = file_.reopen();
  if (failed_) {
    retry();
  } else if (error) {
    fail(error);
  }
}

void log_stream::remove_files() {
  ::unlink(fifo_path().c_str());
  ::unlink(marks_path().c_str());
}

bool log_stream::tapped() const {
  return std::any_of(listeners_.begin(), listeners_.end(),
                     [](const auto& each) { return !each.expired(); });
}

std::shared_ptr<void> log_stream::tap(log_channel::sink to) {
  auto added = std::make_shared<listener>(listener{std::move(to)});
  // What waits is not in the file: history ends before it, so it comes first here.
  if (failed_ && !waiting_.empty()) {
    const std::string waiting(waiting_.view());
    added->to(waiting, waiting_from_);
  }
  listeners_.push_back(added);
  return added;
}

// A sink may end its own tap, or make another: by index, and clean up when nobody walks the list.
void log_stream::deliver(std::string_view bytes, std::uint64_t offset) {
  if (listeners_.empty()) return;
  ++delivering_;
  for (std::size_t i = 0, n = listeners_.size(); i < n; ++i)
    if (const auto each = listeners_[i].lock()) each->to(bytes, offset);
  if (--delivering_ == 0)
    std::erase_if(listeners_, [](const auto& each) { return each.expired(); });
}

}  // namespace aurora::reactor::logs
