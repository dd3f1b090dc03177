#include "reactor/logs/log_reader.hpp"

#include <algorithm>
#include <string_view>

#include <fcntl.h>
#include <sys/stat.h>

#include "reactor/logs/gzip.hpp"
#include "reactor/logs/mark_file.hpp"
#include "reactor/logs/segments.hpp"

namespace aurora::reactor {
namespace {

using namespace logs;

constexpr std::size_t longest_piece = 64 << 10;
constexpr std::size_t chunk = 64 << 10;

struct history_file {
  descriptor file;
  std::optional<gzip_source> packed;
  placed_file place;
  wall_time changed{};

  transfer read(char* into, std::size_t most, std::uint64_t position) {
    return packed ? packed->read_at(into, most, position)
                  : read_at(file.get(), into, most, position);
  }
};

// A part of a file whose bytes have offsets without a gap.
struct extent {
  std::size_t file = 0;
  std::uint64_t position = 0, offset = 0, size = 0;
  std::uint64_t end() const { return offset + size; }
};

std::optional<history_file> open_history(const std::string& path, bool packed) {
  history_file result;
  result.file = descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info {};
  if (!result.file || ::fstat(result.file.get(), &info) != 0 || !S_ISREG(info.st_mode)) return {};
  if (packed) result.packed.emplace(result.file.get());
  result.place.inode = info.st_ino;
  result.place.size =
      packed ? gzip_content_size(result.file.get()) : static_cast<std::uint64_t>(info.st_size);
  result.changed = wall_time(std::chrono::seconds(info.st_mtim.tv_sec) +
                             std::chrono::milliseconds(info.st_mtim.tv_nsec / 1'000'000));
  return result;
}

// Youngest first. Files move to higher numbers only, and we go to higher numbers: none is missed,
// and one that moved while we looked is met twice at worst.
std::vector<history_file> open_all(const log_place& where) {
  std::vector<history_file> files;
  const auto add = [&](const std::string& path, bool packed) {
    auto opened = open_history(path, packed);
    if (!opened) return false;
    const bool again = std::any_of(files.begin(), files.end(), [&](const auto& each) {
      return each.place.inode == opened->place.inode;
    });
    if (!again) files.push_back(std::move(*opened));
    return true;
  };
  add(log_path(where.log_dir, where.name), false);
  const auto path = [&](segment which) { return segment_path(where.log_dir, where.name, which); };
  unsigned highest = 0;
  for (const auto& each : find_segments(where.log_dir, where.name))
    highest = std::max(highest, each.number);
  // As far as there are any beyond those listed: rotations may come between.
  for (unsigned number = 1;; ++number) {
    const bool found = add(path({number, false}), false) || add(path({number, true}), true) ||
                       add(path({number, false}), false);
    if (!found && number > highest) break;
  }
  return files;
}

}  // namespace

struct log_reader::state {
  state(const log_place& where, const log_query& what);

  void lay_out();
  std::uint64_t start_of(const log_query& what);
  std::uint64_t last_lines(std::size_t lines, std::uint64_t look_back);
  std::uint64_t count_back(const extent& part, std::size_t& wanted);
  std::uint64_t line_start_at(std::uint64_t offset);
  std::string_view fetch(std::uint64_t offset);
  std::string_view load(const extent& part, std::uint64_t position, std::size_t most);
  const extent* extent_at(std::uint64_t offset) const;
  void cut(std::string_view bytes, std::vector<log_line>& into);
  void finish_line(std::vector<log_line>& into, bool partial);

  std::vector<history_file> files;  // youngest first
  mark_table marks;
  std::vector<extent> extents;  // by offset
  std::uint64_t until = 0, at = 0;
  std::vector<char> space;
  log_line line;
  bool begun = false;  // `line` holds something
};

log_reader::state::state(const log_place& where, const log_query& what)
    : files(open_all(where)),
      // After the files: what a rotation did to them meanwhile is in it.
      marks(read_marks(where.run_dir + '/' + where.name + ".marks")),
      space(chunk) {
  lay_out();
  until = std::min(what.until, extents.empty() ? 0 : extents.back().end());
  at = start_of(what);
}

void log_reader::state::lay_out() {
  std::vector<placed_file> places;
  for (const auto& each : files) places.push_back(each.place);
  marks.place(places);
  for (std::size_t i = files.size(); i-- > 0;) {
    const auto size = places[i].size;
    extent next{i, 0, places[i].begin, 0};
    for (const auto& each : marks.of(places[i].inode)) {
      if (each.position == 0 || each.position > size) continue;
      next.size = each.position - next.position;
      if (next.size > 0) extents.push_back(next);
      next = {i, each.position, each.offset, 0};
    }
    next.size = size - next.position;
    if (next.size > 0) extents.push_back(next);
  }
  // The same bytes twice (a copy made by hand), or marks that were lost: what goes back is left
  // out.
  std::uint64_t end = 0;
  std::erase_if(extents, [&](const extent& each) {
    if (each.offset < end) return true;
    end = each.end();
    return false;
  });
}

const extent* log_reader::state::extent_at(std::uint64_t offset) const {
  const auto it = std::find_if(extents.begin(), extents.end(),
                               [&](const extent& each) { return each.end() > offset; });
  return it == extents.end() ? nullptr : &*it;
}

std::string_view log_reader::state::load(const extent& part, std::uint64_t position,
                                         std::size_t most) {
  const auto left = part.position + part.size - position;
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>({most, left, chunk}));
  const auto got = files[part.file].read(space.data(), wanted, position);
  return {space.data(), got.done};
}

// What stands at `at`, which moves on over gaps and over what cannot be read.
std::string_view log_reader::state::fetch(std::uint64_t end) {
  while (at < end) {
    const auto* part = extent_at(at);
    if (!part) break;
    at = std::max(at, part->offset);
    if (at >= end) break;
    const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(chunk, end - at));
    const auto bytes = load(*part, part->position + (at - part->offset), most);
    if (!bytes.empty()) return bytes;
    at = part->end();
  }
  at = std::max(at, end);
  return {};
}

std::uint64_t log_reader::state::start_of(const log_query& what) {
  std::uint64_t start = extents.empty() ? 0 : extents.front().offset;
  if (what.from) start = std::max(start, *what.from);
  if (what.since) start = std::max(start, line_start_at(marks.since(*what.since, until)));
  if (what.last) start = std::max(start, last_lines(*what.last, what.look_back));
  return start;
}

// The first line that begins at `offset` or later.
std::uint64_t log_reader::state::line_start_at(std::uint64_t offset) {
  if (extents.empty() || offset <= extents.front().offset || offset >= until) return offset;
  at = offset - 1;
  for (;;) {
    const auto bytes = fetch(until);
    if (bytes.empty()) return until;
    const auto newline = bytes.find('\n');
    if (newline != bytes.npos) return at + newline + 1;
    at += bytes.size();
  }
}

std::uint64_t log_reader::state::last_lines(std::size_t lines, std::uint64_t look_back) {
  if (lines == 0) return until;
  if (until == 0) return 0;
  at = until - 1;
  const auto last = fetch(until);
  // The newline that ends the last line begins none.
  std::size_t wanted = lines + (!last.empty() && last.front() == '\n');
  std::uint64_t start = until, seen = 0;
  for (auto it = extents.rbegin(); it != extents.rend(); ++it) {
    if (it->offset >= until) continue;
    auto part = *it;
    part.size = std::min(part.size, until - part.offset);
    start = count_back(part, wanted);
    seen += part.size;
    if (wanted == 0 || seen >= look_back) return start;
  }
  return start;
}

// Goes back over `wanted` newlines at most; the offset behind the last one met, or where `part`
// begins. A packed file can only be read forwards: counted first, then read up to the place.
std::uint64_t log_reader::state::count_back(const extent& part, std::size_t& wanted) {
  const auto newlines = [](std::string_view bytes) {
    return static_cast<std::size_t>(std::count(bytes.begin(), bytes.end(), '\n'));
  };
  const auto first = part.position, end = part.position + part.size;
  if (files[part.file].packed) {
    std::size_t total = 0;
    for (auto p = first; p < end;) {
      const auto bytes = load(part, p, chunk);
      if (bytes.empty()) break;
      total += newlines(bytes);
      p += bytes.size();
    }
    if (total < wanted) return wanted -= total, part.offset;
    auto skip = total - wanted + 1;
    wanted = 0;
    for (auto p = first; p < end;) {
      const auto bytes = load(part, p, chunk);
      if (bytes.empty()) break;
      for (std::size_t i = 0; i < bytes.size(); ++i)
        if (bytes[i] == '\n' && --skip == 0) return part.offset + (p - first) + i + 1;
      p += bytes.size();
    }
    return part.offset;
  }
  for (auto p = end; p > first;) {
    const auto step = std::min<std::uint64_t>(chunk, p - first);
    p -= step;
    const auto bytes = load(part, p, static_cast<std::size_t>(step));
    for (auto i = bytes.size(); i-- > 0;)
      if (bytes[i] == '\n' && --wanted == 0) return part.offset + (p - first) + i + 1;
  }
  return part.offset;
}

void log_reader::state::finish_line(std::vector<log_line>& into, bool partial) {
  line.partial = partial;
  into.push_back(std::move(line));
  line = {};
  begun = false;
}

void log_reader::state::cut(std::string_view bytes, std::vector<log_line>& into) {
  while (!bytes.empty()) {
    if (!begun) {
      line.offset = at;
      const auto* part = extent_at(at);
      line.time = marks.time_of(at, part ? files[part->file].changed : wall_time{});
      begun = true;
    }
    const auto room = std::min(longest_piece - line.text.size(), bytes.size());
    const auto newline = bytes.substr(0, room).find('\n');
    const auto text = newline == bytes.npos ? room : newline;
    line.text.append(bytes.substr(0, text));
    const auto used = text + (newline == bytes.npos ? 0 : 1);
    at += used;
    bytes.remove_prefix(used);
    if (newline != bytes.npos) {
      finish_line(into, false);
    } else if (line.text.size() == longest_piece) {
      finish_line(into, true);
    }
  }
}

log_reader::log_reader(const log_place& where, const log_query& what)
    : state_(std::make_unique<state>(where, what)) {}
log_reader::~log_reader() = default;
log_reader::log_reader(log_reader&&) noexcept = default;
log_reader& log_reader::operator=(log_reader&&) noexcept = default;

std::vector<log_line> log_reader::next(std::size_t most) {
  auto& s = *state_;
  std::vector<log_line> lines;
  for (std::size_t taken = 0; taken < most && s.at < s.until;) {
    const auto before = s.at;
    const auto bytes = s.fetch(s.until);
    // A gap ends the line before it.
    if (s.begun && s.at != before) s.finish_line(lines, true);
    if (bytes.empty()) break;
    taken += bytes.size();
    s.cut(bytes, lines);
  }
  if (s.at >= s.until && s.begun) s.finish_line(lines, true);
  return lines;
}

std::uint64_t log_reader::end() const { return state_->until; }

log_merge::log_merge(std::vector<log_reader> readers) {
  for (auto& each : readers) lanes_.push_back({std::move(each), {}, 0});
}

bool log_merge::lane::refill() {
  if (at < lines.size()) return true;
  lines = reader.next(chunk);
  at = 0;
  return !lines.empty();
}

std::vector<merged_line> log_merge::next(std::size_t most) {
  std::vector<merged_line> result;
  for (std::size_t taken = 0; taken < most;) {
    lane* first = nullptr;
    for (auto& each : lanes_) {
      if (!each.refill()) continue;
      if (!first || each.lines[each.at].time < first->lines[first->at].time) first = &each;
    }
    if (!first) break;
    auto& line = first->lines[first->at++];
    taken += line.text.size() + 1;
    result.push_back({static_cast<std::size_t>(first - lanes_.data()), std::move(line)});
  }
  return result;
}

}  // namespace aurora::reactor
