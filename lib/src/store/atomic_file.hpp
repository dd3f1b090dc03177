#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <boost/system/result.hpp>

/// Files that are replaced as a whole: whoever reads PATH finds the old bytes or the new ones,
/// never half of them. All of it blocks.
namespace aurora::store {

/// A value, or words for people: what failed, the path, errno's own words.
template <class T>
using outcome = boost::system::result<T, std::string>;

/// "cannot WHAT 'PATH': " and what errno says just now.
std::string failed(const char* what, const std::string& path);

/// An open file, closed with its owner.
class descriptor {
 public:
  explicit descriptor(int fd = -1) noexcept : fd_(fd) {}
  ~descriptor();
  descriptor(descriptor&& from) noexcept : fd_(std::exchange(from.fd_, -1)) {}
  descriptor& operator=(descriptor&& from) noexcept;

  int get() const noexcept { return fd_; }

 private:
  int fd_;
};

/// What becomes of the file that stood at the path before.
enum class old_file { goes, kept_as_previous };

/// Where `old_file::kept_as_previous` keeps it.
inline std::string previous_of(const std::string& path) { return path + ".previous"; }

/// All bytes of a regular file; symlinks are not followed. Nothing: there is no such file. Error:
/// it cannot be read, or has more than `most` bytes.
outcome<std::optional<std::string>> read_bytes(const std::string& path, std::size_t most);

/// Takes what it writes off the front of `bytes`, also where it fails.
outcome<void> write_from(const descriptor& fd, std::string_view& bytes, const std::string& path);

/// One write(2) unless the system cuts it short. Error: how many of the bytes were written is not
/// known. `path` is for the words.
outcome<void> write_all(const descriptor& fd, std::string_view bytes, const std::string& path);

/// Writes `bytes` to PATH.new, a fresh file of mode 0600 that is open for appending. Error: words;
/// nothing is left of it then.
outcome<descriptor> write_new(const std::string& path, std::string_view bytes);

/// Puts PATH.new in the place of PATH, which is there all the time, however this ends; only where
/// the file system has no hard links, keeping the old file leaves none at PATH for a moment. Error:
/// words; PATH.new is gone then. To keep the old file, it must be a regular one.
outcome<void> install_new(const std::string& path, old_file old);

/// Both, with PATH.new and the directory synced: it outlives the machine.
outcome<void> replace_file(const std::string& path, std::string_view bytes, old_file old);

}  // namespace aurora::store
