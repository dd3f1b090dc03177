#include "store/event_file.hpp"

#include <algorithm>
#include <string_view>

#include <fcntl.h>

#include "store/memory_text.hpp"

namespace aurora::store {
namespace {

constexpr std::size_t largest_file = std::size_t{64} << 20;
constexpr std::size_t most_waiting = std::size_t{1} << 20;  // bytes that could not be written yet

template <class Take>
void each_entry(std::string_view rest, Take take) {
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size());
    if (auto entry = entry_from(rest.substr(0, end))) take(std::move(*entry));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

/// The highest number; 0: there is no entry.
std::uint64_t last_of(std::string_view text) {
  std::uint64_t last = 0;
  each_entry(text, [&](const journal_entry& entry) { last = std::max(last, entry.sequence); });
  return last;
}

}  // namespace

outcome<std::unique_ptr<event_file>> event_file::open(std::string path, std::size_t most) {
  std::unique_ptr<event_file> made(new event_file(std::move(path), most));
  const auto bytes = read_bytes(made->path_, largest_file);
  if (!bytes) return bytes.error();
  const std::string_view text = *bytes ? std::string_view(**bytes) : std::string_view();
  made->size_ = text.size();
  made->last_ = last_of(text);
  if (made->last_ == 0) {
    // Not passed over: numbers that begin anew would hide whatever is in there.
    const auto before = read_bytes(previous_of(made->path_), largest_file);
    if (!before) return before.error();
    if (*before) made->last_ = last_of(**before);
  }
  made->file_ = descriptor(
      ::open(made->path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (made->file_.get() < 0) return failed("open", made->path_);
  // A line that was cut short must not swallow the next one.
  if (!text.empty() && !text.ends_with('\n')) made->waiting_ = "\n";
  return made;
}

std::vector<journal_entry> event_file::read(std::uint64_t before) const {
  std::vector<journal_entry> kept;
  for (const auto& each : {previous_of(path_), path_}) {
    const auto bytes = read_bytes(each, largest_file);
    if (!bytes || !*bytes) continue;
    each_entry(**bytes, [&](journal_entry entry) {
      const bool next = kept.empty() || entry.sequence > kept.back().sequence;
      if (next && entry.sequence < before) kept.push_back(std::move(entry));
    });
  }
  return kept;
}

void event_file::put(const journal_entry& entry) {
  waiting_ += to_text(entry);
  waiting_ += '\n';
  last_ = entry.sequence;
  while (waiting_.size() > most_waiting) {
    // The rest of a line whose beginning is in the file stays.
    const auto from = torn_ ? waiting_.find('\n') + 1 : 0;
    waiting_.erase(from, waiting_.find('\n', from) + 1 - from);
    ++dropped_;
  }
}

bool event_file::flush() noexcept {
  if (waiting_.empty()) return fault_.empty();
  const auto written = write_waiting();
  fault_ = written ? std::string() : written.error();
  if (!written && dropped_ > 0) fault_ += "; " + std::to_string(dropped_) + " events are not kept";
  if (written) dropped_ = 0;
  return fault_.empty();
}

outcome<void> event_file::write_waiting() {
  if (size_ + waiting_.size() > most_ && size_ > 0 && !torn_) return begin_generation();
  std::string_view rest = waiting_;
  auto written = write_from(file_, rest, path_);
  const auto done = waiting_.size() - rest.size();
  if (done > 0) torn_ = waiting_[done - 1] != '\n';
  size_ += done;
  waiting_.erase(0, done);
  return written;
}

outcome<void> event_file::begin_generation() {
  auto fresh = write_new(path_, waiting_);
  if (!fresh) return fresh.error();
  if (auto installed = install_new(path_, old_file::kept_as_previous); !installed) return installed;
  file_ = std::move(*fresh);
  size_ = waiting_.size();
  waiting_.clear();
  return {};
}

}  // namespace aurora::store
