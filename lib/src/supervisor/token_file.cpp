#include "supervisor/token_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>

#include "reactor/child/unique_fd.hpp"
#include "server/openssl_crypto.hpp"
#include "store/atomic_file.hpp"
#include "wire/tokens.hpp"

namespace aurora::shell {
namespace {

using outcome = boost::system::result<std::string, token_fault>;

token_fault not_trusted(const std::string& path, std::string_view why) {
  return {fmt::format("'{}' {}: remove it and start the daemon again, which makes a new one", path,
                      why)};
}

token_fault cannot(const char* what, const std::string& path) {
  return {fmt::format("cannot {} '{}': {}", what, path, std::strerror(errno))};
}

/// In words what is wrong with the file itself.
std::optional<std::string> fault_of(const struct stat& file) {
  if (!S_ISREG(file.st_mode)) return "is not a file";
  if (file.st_uid != ::geteuid())
    return fmt::format("belongs to uid {}, this is uid {}", file.st_uid, ::geteuid());
  if ((file.st_mode & 077) != 0)
    return fmt::format("can be read by others (mode {:04o})", file.st_mode & 07777);
  return std::nullopt;
}

outcome read_token(int fd, const std::string& path) {
  struct stat file {};
  if (::fstat(fd, &file) != 0) return cannot("look at", path);
  if (const auto fault = fault_of(file)) return not_trusted(path, *fault);
  std::string text(wire::token_length + 2, '\0');
  const auto size = ::pread(fd, text.data(), text.size(), 0);
  if (size < 0) return cannot("read", path);
  text.resize(static_cast<std::size_t>(size));
  if (text.ends_with('\n')) text.pop_back();
  if (!wire::is_token(text)) return not_trusted(path, "holds no token");
  return {boost::system::in_place_value, std::move(text)};
}

outcome make_token(const std::string& path) {
  server::openssl_crypto crypto;
  std::string text = wire::random_text(crypto, wire::token_bytes);
  if (auto made = store::replace_file(path, text + "\n", store::old_file::goes); !made)
    return token_fault{made.error()};
  return {boost::system::in_place_value, std::move(text)};
}

}  // namespace

outcome token_of(const std::string& path) {
  const reactor::unique_fd fd(
      ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  if (fd) return read_token(fd.get(), path);
  if (errno == ENOENT) return make_token(path);
  if (errno == ELOOP) return not_trusted(path, "is a symlink");
  return cannot("open", path);
}

}  // namespace aurora::shell
