#include "reactor/logs/intake.hpp"

#include <algorithm>
#include <cstring>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

namespace aurora::reactor::logs {

/// Lies right behind the bytes, whose last ones the pattern takes the place of: one write for both.
struct intake::record {
  std::uint64_t offset;
  std::uint32_t bytes;
  std::uint32_t name_size;
  std::array<char, longest_pattern> pattern;
  std::array<char, 80> name;
  std::uint32_t sum;  ///< of all before it

  std::uint32_t own_sum() const {
    return static_cast<std::uint32_t>(
        ::crc32(0, reinterpret_cast<const Bytef*>(this), offsetof(record, sum)));
  }
};

namespace {

constexpr std::size_t file_size = intake::size + 4096;

}  // namespace

void intake::open(const std::string& path) {
  if (!map(path)) file_.reset();
}

intake::~intake() {
  if (mapped_) ::munmap(mapped_, file_size);
}

// The blocks are there before they are mapped: a full disk is an error here, and no SIGBUS later.
bool intake::map(const std::string& path) {
  constexpr int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  file_ = descriptor(::open(path.c_str(), flags, 0600));
  struct stat info {};
  if (!file_ || ::fstat(file_.get(), &info) != 0 || !S_ISREG(info.st_mode)) return false;
  if (::fallocate(file_.get(), 0, 0, file_size) != 0) return false;
  if (::getrandom(pattern_.data(), pattern_.size(), 0) != static_cast<ssize_t>(pattern_.size()))
    return false;
  void* area = ::mmap(nullptr, file_size, PROT_READ | PROT_WRITE, MAP_SHARED, file_.get(), 0);
  if (area == MAP_FAILED) return false;
  mapped_ = static_cast<char*>(area);
  return true;
}

char* intake::private_memory() {
  // Not cleared: a page that no read needs is never touched.
  if (!own_) own_.reset(new char[size]);
  return own_.get();
}

char* intake::place_for(std::string_view name, std::uint64_t offset, std::size_t bytes) {
  if (mapped_ && announce(name, offset, bytes)) return mapped_ + size - bytes;
  return private_memory();
}

bool intake::announce(std::string_view name, std::uint64_t offset, std::size_t bytes) {
  struct {
    std::array<char, longest_pattern> pattern;
    record what;
  } written{};
  static_assert(sizeof written == longest_pattern + sizeof(record));
  if (name.size() > written.what.name.size()) name = {};
  written.pattern = written.what.pattern = pattern_;
  written.what.offset = offset;
  written.what.bytes = static_cast<std::uint32_t>(bytes);
  written.what.name_size = static_cast<std::uint32_t>(name.size());
  std::copy(name.begin(), name.end(), written.what.name.begin());
  written.what.sum = written.what.own_sum();
  const auto wrote =
      ::pwrite(file_.get(), &written, sizeof written, static_cast<off_t>(size - longest_pattern));
  return wrote == static_cast<ssize_t>(sizeof written);
}

std::optional<intake::rest> intake::take_rest() {
  record found{};
  if (!mapped_) return {};
  std::memcpy(&found, mapped_ + size, sizeof found);
  const bool whole = found.sum == found.own_sum() && found.bytes > 0 && found.bytes <= size &&
                     found.name_size > 0 && found.name_size <= found.name.size();
  if (!whole) return {};
  const std::string_view bytes(mapped_ + size - found.bytes, found.bytes);
  const auto tail = std::min<std::size_t>(found.bytes, longest_pattern);
  const std::string_view pattern(found.pattern.data(), found.pattern.size());
  if (bytes.ends_with(pattern.substr(longest_pattern - tail))) return {};  // it was not made
  return rest{std::string(found.name.data(), found.name_size), found.offset, std::string(bytes)};
}

}  // namespace aurora::reactor::logs
