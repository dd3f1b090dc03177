#include "reactor/logs/log_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include <fcntl.h>
#include <unistd.h>

#include "reactor/logs/gzip.hpp"

namespace aurora::reactor::logs {
namespace {

constexpr auto check_every = std::chrono::seconds(1);
constexpr std::uint64_t large = 16 << 20;

std::uint64_t size_of(const struct stat& info) { return static_cast<std::uint64_t>(info.st_size); }

std::optional<placed_file> look_at(const std::string& path, bool packed) {
  const descriptor in(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info {};
  if (!in || ::fstat(in.get(), &info) != 0) return {};
  return placed_file{info.st_ino, packed ? gzip_content_size(in.get()) : size_of(info), 0};
}

/// The last bytes of a file of that size, at most `most`; none where it cannot be read.
std::string last_of(int file, std::uint64_t size, std::size_t most) {
  std::string tail(std::min<std::uint64_t>(size, most), '\0');
  const auto got = read_at(file, tail.data(), tail.size(), size - tail.size());
  return got.done == tail.size() ? tail : std::string();
}

}  // namespace

log_file::log_file(std::string dir, std::string name, mark_file& marks,
                   std::function<void(descriptor)> dispose)
    : dir_(std::move(dir)), name_(std::move(name)), marks_(marks), dispose_(std::move(dispose)) {}

int log_file::open(std::vector<segment> found, const logs_spec& spec) {
  configure(spec);
  if (!found.empty()) found = repair_segments(dir_, name_, std::move(found), keep_);
  for (const auto& each : found)
    if (const auto file = look_at(path_of(each), each.packed)) rotated_.push_back({each, *file});
  const int error = open_path();
  adopt(marks_.load());
  return error;
}

void log_file::configure(const logs_spec& spec) {
  max_size_ = limit_ = std::max<std::uint64_t>(spec.max_size.value, 1);
  keep_ = spec.keep;
}

// O_RDWR for a look at the last byte; O_NONBLOCK so that a FIFO put there by mistake cannot block.
int log_file::open_path() {
  constexpr int flags = O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  descriptor file(::open(path().c_str(), flags, 0640));
  struct stat info {};
  if (!file || ::fstat(file.get(), &info) != 0) return errno;
  file_ = std::move(file);
  regular_ = S_ISREG(info.st_mode);
  const bool same = adopted_ && info.st_ino == inode_;
  if (same) {
    moved(info);
    return 0;
  }
  inode_ = info.st_ino;
  size_ = size_of(info);
  look_at_the_end();
  if (adopted_) {
    begin_ = end_ - std::min(end_, size_);
    marks_.put({inode_, size_, end_});
  }
  return 0;
}

void log_file::look_at_the_end() {
  char last = '\n';
  if (regular_ && size_ > 0) read_at(file_.get(), &last, 1, size_ - 1);
  at_line_start_ = last == '\n';
}

// Where this log stood when the daemon ended: by the marks, as far as they are there.
void log_file::adopt(const mark_table& known) {
  std::vector<placed_file> files;
  if (file_) files.push_back({inode_, size_, 0});
  for (const auto& each : rotated_) files.push_back(each.file);
  known.place(files);
  std::size_t i = 0;
  if (file_) begin_ = files[i++].begin;
  for (auto& each : rotated_) each.file = files[i++];
  end_ = files.empty() ? 0 : known.end_of(files.front());
  adopted_ = true;
  placed_ = known.sound;
  // The file that held the last of it is gone: go on where it must have been, never before it.
  const auto least = known.times.empty() ? 0 : known.times.back().offset;
  if (end_ >= least) return;
  if (file_) {
    skip_to(least);
  } else {
    end_ = least;
  }
}

std::size_t log_file::ends_within(std::string_view bytes) const {
  if (!file_ || !regular_) return 0;
  auto tail = last_of(file_.get(), size_, bytes.size());
  // They may have gone through several files, which were rotated between two lines of them.
  for (auto each = rotated_.begin(); each != rotated_.end() && tail.size() < bytes.size(); ++each) {
    if (each->which.packed) break;
    const descriptor older(::open(path_of(each->which).c_str(), O_RDONLY | O_CLOEXEC));
    if (!older) break;
    tail.insert(0, last_of(older.get(), each->file.size, bytes.size() - tail.size()));
  }
  std::size_t count = tail.size();
  while (count > 0 && !std::string_view(tail).ends_with(bytes.substr(0, count))) --count;
  return count;
}

void log_file::skip_to(std::uint64_t offset) {
  if (file_) {
    // Without it the beginning of the file would be taken back from behind the gap.
    if (!anchored(inode_)) marks_.put({inode_, 0, begin_});
    marks_.put({inode_, size_, offset});
  }
  end_ = offset;
}

transfer log_file::write(std::string_view bytes) {
  transfer result;
  if (!file_ && (result.error = open_path()) != 0) return result;
  const auto now = std::chrono::steady_clock::now();
  if (now - checked_ > check_every) {
    checked_ = now;
    check();
  }
  while (result.done < bytes.size()) {
    if (!file_ && (result.error = open_path()) != 0) return result;
    const auto rest = bytes.substr(result.done);
    const auto part = fitting(rest);
    if (part == 0) {
      if (!rotate()) limit_ = size_ + std::max<std::uint64_t>(max_size_ / 8, grace);
      continue;
    }
    const auto wrote = write_all(file_.get(), rest.substr(0, part));
    if (wrote.done > 0) at_line_start_ = rest[wrote.done - 1] == '\n';
    size_ += wrote.done;
    end_ += wrote.done;
    result.done += wrote.done;
    if ((result.error = wrote.error) != 0) return result;
  }
  return result;
}

// How much of `bytes` goes to this file; 0: the next file begins here.
std::size_t log_file::fitting(std::string_view bytes) const {
  if (!regular_ || size_ + bytes.size() <= limit_) return bytes.size();
  const auto room = limit_ > size_ ? static_cast<std::size_t>(limit_ - size_) : 0;
  const auto newline = bytes.substr(0, room).rfind('\n');
  if (newline != bytes.npos) return newline + 1;
  if (size_ > 0 && at_line_start_) return 0;
  const auto more = limit_ + grace > size_ ? static_cast<std::size_t>(limit_ + grace - size_) : 0;
  const auto line = bytes.substr(0, more).find('\n');
  return line != bytes.npos ? line + 1 : std::min(more, bytes.size());
}

bool log_file::anchored(std::uint64_t inode) const {
  return std::any_of(marks_.anchors().begin(), marks_.anchors().end(),
                     [&](const anchor& each) { return each.inode == inode; });
}

std::uint64_t log_file::oldest() const {
  return rotated_.empty() ? begin_ : rotated_.back().file.begin;
}

bool log_file::rotate() {
  check();
  if (!file_ || size_ == 0) return true;
  struct stat there {};
  const bool ours = ::stat(path().c_str(), &there) == 0 && there.st_ino == inode_;
  rotation_error_ = ours ? shift() : 0;
  if (rotation_error_ == EEXIST) {
    // Somebody put a file there: count what there is, and try once more.
    rescan();
    rotation_error_ = shift();
  }
  if (rotation_error_ != 0) return false;
  limit_ = max_size_;
  ++rotations_;
  descriptor old = std::move(file_);
  open_path();  // when that fails, the next write tries again and reports it
  if (ours && keep_ == 0 && size_of(there) >= large) dispose_(std::move(old));
  marks_.forget_before(oldest());
  return true;
}

void log_file::rescan() {
  rotated_.clear();
  for (const auto& each : repair_segments(dir_, name_, find_segments(dir_, name_), keep_))
    if (const auto file = look_at(path_of(each), each.packed)) rotated_.push_back({each, *file});
  mark_table known;
  known.anchors = marks_.anchors();
  std::vector<placed_file> files{{inode_, size_, begin_}};
  for (const auto& each : rotated_) files.push_back(each.file);
  known.place(files);
  for (std::size_t i = 0; i < rotated_.size(); ++i) rotated_[i].file = files[i + 1];
}

// Makes the path free: by renames from the oldest on, or by removing the file when none is kept.
// Returns 0 or an errno value.
int log_file::shift() {
  while (!rotated_.empty() && rotated_.size() >= std::max(keep_, 1U))
    if (const int error = remove(std::prev(rotated_.end()))) return error;
  if (keep_ == 0) {
    marks_.forget_file(inode_);
    return ::unlink(path().c_str()) == 0 ? 0 : errno;
  }
  for (std::size_t i = rotated_.size(); i-- > 0;) {
    const segment from = rotated_[i].which, to{static_cast<unsigned>(i + 2), from.packed};
    const int error = from == to ? 0 : rename_new(path_of(from), path_of(to));
    rotated_[i].which = to;
    if (error == ENOENT) {
      rotated_.erase(rotated_.begin() + static_cast<std::ptrdiff_t>(i));  // removed by hand
    } else if (error != 0) {
      rotated_[i].which = from;
      return error;
    }
  }
  if (const int error = rename_new(path(), path_of({1, false}))) return error;
  rotated_.insert(rotated_.begin(), rotated{{1, false}, {inode_, size_, begin_}});
  return 0;
}

int log_file::remove(std::vector<rotated>::iterator which) {
  const auto gone = path_of(which->which);
  descriptor last;
  if (which->file.size >= large) last = descriptor(::open(gone.c_str(), O_RDONLY | O_CLOEXEC));
  if (::unlink(gone.c_str()) != 0 && errno != ENOENT) return errno;
  if (last) dispose_(std::move(last));
  marks_.forget_file(which->file.inode);
  rotated_.erase(which);
  return 0;
}

void log_file::remove_rotated(std::uint64_t inode) {
  const auto it = std::find_if(rotated_.begin(), rotated_.end(),
                               [&](const rotated& each) { return each.file.inode == inode; });
  if (it == rotated_.end() || remove(it) != 0) return;
  marks_.forget_before(oldest());
}

void log_file::check() {
  struct stat info {};
  if (!file_ || ::fstat(file_.get(), &info) != 0) return;
  if (info.st_nlink == 0) {
    marks_.forget_file(inode_);
    file_.reset();
    open_path();
  } else {
    moved(info);
  }
}

// Truncated (copytruncate): what is in it now was written since. Larger: somebody else appended;
// that is in the log as well.
void log_file::moved(const struct stat& now) {
  if (!regular_ || size_of(now) == size_) return;
  if (size_of(now) < size_) {
    begin_ = end_ - std::min(end_, size_of(now));
    marks_.put({inode_, 0, begin_});
  } else {
    end_ += size_of(now) - size_;
  }
  size_ = size_of(now);
  look_at_the_end();
}

int log_file::reopen() {
  check();
  struct stat there {};
  if (file_ && ::stat(path().c_str(), &there) == 0 && there.st_ino == inode_) return 0;
  file_.reset();
  return open_path();
}

void log_file::close() {
  marks_.flush();
  file_.reset();
}

std::optional<log_file::packing> log_file::begin_packing() {
  const auto next = std::find_if(rotated_.rbegin(), rotated_.rend(),
                                 [](const rotated& each) { return !each.which.packed; });
  if (next == rotated_.rend()) return {};
  packing job;
  job.inode = next->file.inode;
  job.from = descriptor(::open(path_of(next->which).c_str(), O_RDONLY | O_CLOEXEC));
  const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW;
  if (job.from) job.into = descriptor(::open(path_of({0, true}).c_str(), flags, 0640));
  if (!job.into) return {};
  return job;
}

void log_file::end_packing(const packing& done, int error) {
  const auto temporary = path_of({0, true});
  const auto it = std::find_if(rotated_.begin(), rotated_.end(), [&](const rotated& each) {
    return !each.which.packed && each.file.inode == done.inode;
  });
  struct stat copy {};
  if (error != 0 || it == rotated_.end() || ::fstat(done.into.get(), &copy) != 0) {
    ::unlink(temporary.c_str());
    return;
  }
  const auto plain = path_of(it->which);
  const segment packed{it->which.number, true};
  if (rename_new(temporary, path_of(packed)) != 0) {
    ::unlink(temporary.c_str());
    return;
  }
  // The copy is found by its own number from now on; where there were gaps, they go with it.
  mark_table known;
  known.anchors = marks_.anchors();
  auto places = known.of(done.inode);
  if (places.empty()) places.push_back({done.inode, 0, it->file.begin});
  for (auto& each : places) {
    each.inode = copy.st_ino;
    marks_.put(each);
  }
  ::unlink(plain.c_str());
  marks_.forget_file(done.inode);
  it->which = packed;
  it->file.inode = copy.st_ino;
}

}  // namespace aurora::reactor::logs
