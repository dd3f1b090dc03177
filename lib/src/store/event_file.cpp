#include "store/event_file.hpp"

#include <fcntl.h>

#include <algorithm>
#include <string_view>

#include "store/memory_text.hpp"

namespace aurora::store {
namespace {

constexpr std::size_t largest_file = std::size_t{64} << 20;

template <class Take>
void each_entry(const std::string& path, Take take) {
  const auto bytes = read_bytes(path, largest_file);
  if (!bytes || !*bytes) return;
  std::string_view rest = **bytes;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size());
    if (auto entry = entry_from(rest.substr(0, end))) take(std::move(*entry));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

}  // namespace

outcome<std::unique_ptr<event_file>> event_file::open(std::string path, std::size_t most) {
  std::unique_ptr<event_file> made(new event_file(std::move(path), most));
  for (const auto& each : {previous_of(made->path_), made->path_})
    each_entry(each, [&](const journal_entry& entry) {
      made->last_ = std::max(made->last_, entry.sequence);
    });
  const auto bytes = read_bytes(made->path_, largest_file);
  if (!bytes) return bytes.error();
  made->size_ = *bytes ? (*bytes)->size() : 0;
  made->file_ = descriptor(
      ::open(made->path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (made->file_.get() < 0) return failed("open", made->path_);
  // A line that was cut short must not swallow the next one.
  if (made->size_ > 0 && (*bytes)->back() != '\n') made->pending_ = "\n";
  return made;
}

std::vector<journal_entry> event_file::read(std::uint64_t before) const {
  std::vector<journal_entry> kept;
  for (const auto& each : {previous_of(path_), path_})
    each_entry(each, [&](journal_entry entry) {
      const bool next = kept.empty() || entry.sequence > kept.back().sequence;
      if (next && entry.sequence < before) kept.push_back(std::move(entry));
    });
  return kept;
}

void event_file::put(const journal_entry& entry) {
  pending_ += to_text(entry);
  pending_ += '\n';
  last_ = entry.sequence;
}

bool event_file::flush() noexcept {
  if (pending_.empty()) return fault_.empty();
  const auto written = write_pending();
  pending_.clear();
  fault_ = written ? std::string() : written.error();
  return fault_.empty();
}

outcome<void> event_file::write_pending() {
  if (size_ + pending_.size() > most_ && size_ > 0) return begin_generation();
  if (auto written = write_all(file_, pending_, path_); !written) return written;
  size_ += pending_.size();
  return {};
}

outcome<void> event_file::begin_generation() {
  auto fresh = write_new(path_, pending_);
  if (!fresh) return fresh.error();
  if (auto installed = install_new(path_, old_file::kept_as_previous); !installed) return installed;
  file_ = std::move(*fresh);
  size_ = pending_.size();
  return {};
}

}  // namespace aurora::store
