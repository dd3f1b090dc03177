#include "supervisor/disk_source.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <system_error>

#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

namespace aurora {
namespace {

constexpr std::size_t enough = (std::size_t{16} << 20) + 1;

/// "no such file or directory": as strerror(3), lower case as all our messages are.
std::string words_of(int error) {
  auto words = std::generic_category().message(error);
  if (!words.empty() && words[0] >= 'A' && words[0] <= 'Z') {
    words[0] = static_cast<char>(words[0] - 'A' + 'a');
  }
  return words;
}

class descriptor {
 public:
  explicit descriptor(const std::string& path)
      : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) {}
  ~descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

/// 0, or the error.
int read_all(int fd, std::string& text) {
  std::size_t filled = 0;
  for (;;) {
    if (filled == text.size()) text.resize(std::min(enough, text.size() + (std::size_t{1} << 20)));
    const auto count = ::read(fd, text.data() + filled, text.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    filled += static_cast<std::size_t>(count);
    if (count == 0 || filled == enough) break;
  }
  text.resize(filled);
  return 0;
}

}  // namespace

std::optional<std::string> disk_source::read(const std::string& path, std::string& error_words) {
  const descriptor file(path);
  struct stat about {};
  if (file.get() < 0 || ::fstat(file.get(), &about) != 0) {
    error_words = words_of(errno);
    return std::nullopt;
  }
  if (!S_ISREG(about.st_mode)) {
    error_words = S_ISDIR(about.st_mode) ? words_of(EISDIR) : "not a regular file";
    return std::nullopt;
  }
  std::string text;
  // One byte more than the size as it is now: the end of the file is seen without a second round.
  text.resize(std::min(enough, static_cast<std::size_t>(about.st_size) + 1));
  if (const int error = read_all(file.get(), text)) {
    error_words = words_of(error);
    return std::nullopt;
  }
  return text;
}

std::vector<std::string> disk_source::glob(const std::string& pattern) {
  ::glob_t matches{};
  std::vector<std::string> paths;
  if (::glob(pattern.c_str(), 0, nullptr, &matches) == 0) {
    paths.assign(matches.gl_pathv, matches.gl_pathv + matches.gl_pathc);
  }
  ::globfree(&matches);
  return paths;
}

std::optional<std::string> disk_source::variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value ? std::optional<std::string>(value) : std::nullopt;
}

}  // namespace aurora
