#include "reactor/logs/mark_file.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string_view>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reactor/logs/descriptor.hpp"

namespace aurora::reactor::logs {
namespace {

// The file: 8 bytes of header, then records of three 64-bit numbers in the order of this machine
// (it never leaves it). A time: offset, milliseconds since 1970, all ones. An anchor: offset,
// inode, position.
constexpr std::string_view header = "AURMARK1";
constexpr std::uint64_t is_time = ~std::uint64_t{0};
using record = std::array<std::uint64_t, 3>;

constexpr std::size_t room = 4096;           // records a file may always have
constexpr std::size_t most_times = 1 << 15;  // older ones are thinned out
constexpr std::size_t most_anchors = 1024;
constexpr std::size_t most_waiting = 4096;
constexpr auto apart = std::chrono::milliseconds(100);

record pack(const time_mark& mark) {
  const auto since_1970 = mark.time.time_since_epoch().count();
  return {mark.offset, static_cast<std::uint64_t>(since_1970), is_time};
}
record pack(const anchor& which) { return {which.offset, which.inode, which.position}; }

template <class Item>
void add(std::string& out, const std::vector<Item>& items) {
  for (const auto& item : items) {
    const auto packed = pack(item);
    out.append(reinterpret_cast<const char*>(packed.data()), sizeof packed);
  }
}

// A file that begins again (its number was used before) forgets what was known of it.
void put_anchor(std::vector<anchor>& anchors, const anchor& which) {
  std::erase_if(anchors, [&](const anchor& old) {
    return old.inode == which.inode && old.position >= which.position;
  });
  anchors.push_back(which);
}

/// Nothing: errno says why.
std::optional<std::string> read_file(const std::string& path) {
  const descriptor in(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!in) return {};
  std::string text;
  std::array<char, 64 << 10> piece;
  for (;;) {
    const auto got = read_at(in.get(), piece.data(), piece.size(), text.size());
    text.append(piece.data(), got.done);
    if (got.error != 0) return errno = got.error, std::nullopt;
    if (got.done < piece.size()) return text;
  }
}

// Every second of the older half goes.
void thin(std::vector<time_mark>& times) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < times.size(); ++i)
    if (i >= times.size() / 2 || i % 2 == 0) times[kept++] = times[i];
  times.resize(kept);
}

}  // namespace

wall_time mark_table::time_of(std::uint64_t offset, wall_time otherwise) const {
  const auto later = std::upper_bound(times.begin(), times.end(), offset,
                                      [](auto at, const auto& mark) { return at < mark.offset; });
  if (later != times.begin()) return std::prev(later)->time;
  return times.empty() ? otherwise : times.front().time;
}

std::uint64_t mark_table::since(wall_time since, std::uint64_t end) const {
  // From the back: the clock may have been set meanwhile, then an older time can stand later.
  const auto older = std::find_if(times.rbegin(), times.rend(),
                                  [&](const auto& mark) { return mark.time < since; });
  return older == times.rbegin() ? end : older.base()->offset;
}

std::vector<anchor> mark_table::of(std::uint64_t inode) const {
  std::vector<anchor> result;
  for (const auto& each : anchors)
    if (each.inode == inode) result.push_back(each);
  std::sort(result.begin(), result.end(),
            [](const auto& a, const auto& b) { return a.position < b.position; });
  return result;
}

std::uint64_t mark_table::end_of(const placed_file& file) const {
  auto end = file.begin + file.size;
  for (const auto& each : of(file.inode))
    if (each.position <= file.size) end = each.offset + (file.size - each.position);
  return end;
}

void mark_table::place(std::vector<placed_file>& files) const {
  std::vector<bool> known(files.size());
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto anchored = of(files[i].inode);
    if (anchored.empty() || anchored.front().position > files[i].size) continue;
    const auto& first = anchored.front();
    files[i].begin = first.offset - std::min(first.offset, first.position);
    known[i] = true;
  }
  // An older one ends where the next younger one begins; what is younger than all known follows on.
  for (std::size_t i = 1; i < files.size(); ++i) {
    if (known[i] || !known[i - 1]) continue;
    files[i].begin = files[i - 1].begin - std::min(files[i - 1].begin, files[i].size);
    known[i] = true;
  }
  for (std::size_t i = files.size(); i-- > 0;)
    if (!known[i]) files[i].begin = i + 1 < files.size() ? end_of(files[i + 1]) : 0;
}

mark_table read_marks(const std::string& path) {
  mark_table table;
  const auto broken = [] {
    mark_table none;
    none.sound = false;
    return none;
  };
  const auto text = read_file(path);
  if (!text) return errno == ENOENT ? table : broken();
  if (!text->starts_with(header)) return broken();
  std::size_t at = header.size();
  for (record entry; at + sizeof entry <= text->size(); at += sizeof entry) {
    std::memcpy(entry.data(), text->data() + at, sizeof entry);
    if (entry[2] == is_time) {
      if (!table.times.empty() && entry[0] < table.times.back().offset) return broken();
      table.times.push_back(
          {entry[0], wall_time(std::chrono::milliseconds(static_cast<std::int64_t>(entry[1])))});
    } else {
      put_anchor(table.anchors, {entry[1], entry[2], entry[0]});
    }
  }
  table.file_size = at;
  table.sound = at == text->size() || text->size() - at < sizeof(record);
  return table;
}

mark_table mark_file::load() {
  auto table = read_marks(path_);
  anchors_ = table.anchors;
  records_ = table.times.size() + table.anchors.size();
  allowed_ = std::max(allowed_, room);
  struct stat info {};
  const bool there = ::stat(path_.c_str(), &info) == 0;
  ragged_ = there && static_cast<std::uint64_t>(info.st_size) != table.file_size;
  if (!table.times.empty()) last_ = table.times.back().time;
  any_ = !table.times.empty();
  return table;
}

bool mark_file::note(std::uint64_t offset, wall_time now) {
  if (any_ && now - last_ < apart && last_ - now < apart) return false;
  if (times_.size() >= most_waiting) thin(times_);
  times_.push_back({offset, now});
  last_ = now;
  any_ = true;
  return true;
}

void mark_file::keep(const anchor& which) {
  put_anchor(anchors_, which);
  if (anchors_.size() > most_anchors) anchors_.erase(anchors_.begin());
}

void mark_file::put(const anchor& which) {
  keep(which);
  new_anchors_.push_back(which);
  if (new_anchors_.size() > most_waiting) {
    new_anchors_.clear();
    ragged_ = true;  // `anchors_` holds what counts, and is written whole
  }
  flush();
}

void mark_file::forget_file(std::uint64_t inode) {
  std::erase_if(anchors_, [&](const anchor& each) { return each.inode == inode; });
}

void mark_file::flush() {
  if (times_.empty() && new_anchors_.empty()) return;
  const bool full = records_ + times_.size() + new_anchors_.size() > allowed_;
  if (ragged_ || full ? !rewrite() : !append()) return;
  times_.clear();
  new_anchors_.clear();
}

bool mark_file::append() {
  const descriptor out(
      ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  struct stat info {};
  if (!out || ::fstat(out.get(), &info) != 0) return false;
  std::string text;
  if (info.st_size == 0) {
    // New, or somebody took it away: then it must hold all that is known.
    text = header;
    add(text, anchors_);
    records_ = anchors_.size();
  } else {
    add(text, new_anchors_);
    records_ += new_anchors_.size();
  }
  add(text, times_);
  records_ += times_.size();
  ragged_ = write_all(out.get(), text).error != 0;
  return !ragged_;
}

bool mark_file::rewrite() {
  auto table = read_marks(path_);
  auto& times = table.times;
  times.insert(times.end(), times_.begin(), times_.end());
  // The last mark at or before the floor still tells the time of what begins there.
  const auto first = std::upper_bound(times.begin(), times.end(), floor_,
                                      [](auto at, const auto& mark) { return at < mark.offset; });
  if (first != times.begin()) times.erase(times.begin(), std::prev(first));
  while (times.size() > most_times) thin(times);

  const auto fresh = path_ + ".new";
  const descriptor out(
      ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  std::string text(header);
  add(text, anchors_);
  add(text, times);
  if (!out || write_all(out.get(), text).error != 0 ||
      ::rename(fresh.c_str(), path_.c_str()) != 0) {
    ::unlink(fresh.c_str());
    return false;
  }
  records_ = times.size() + anchors_.size();
  allowed_ = 2 * records_ + room;
  ragged_ = false;
  return true;
}

}  // namespace aurora::reactor::logs
