#include "support/puppet_parts.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace puppetry {

void rest() {
  for (;;) ::pause();
}

bool write_all(int fd, const char* data, std::size_t size) {
  while (size > 0) {
    const auto sent = ::write(fd, data, size);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    data += sent;
    size -= static_cast<std::size_t>(sent);
  }
  return true;
}

bool write_all(int fd, const std::string& text) { return write_all(fd, text.data(), text.size()); }

std::string format(const char* pattern, ...) {
  char text[512];
  va_list arguments;
  va_start(arguments, pattern);
  std::vsnprintf(text, sizeof text, pattern, arguments);
  va_end(arguments);
  return text;
}

std::string environment(const char* key, const char* otherwise) {
  const char* value = std::getenv(key);
  return value ? value : otherwise;
}

static std::uint32_t checksum(const std::string& text) {
  std::uint32_t sum = 2166136261U;
  for (const char c : text) sum = (sum ^ static_cast<unsigned char>(c)) * 16777619U;
  return sum;
}

std::string numbered(std::uint64_t sequence) {
  const auto text = format("%s %llu", environment("AURORA_RUN", "-").c_str(),
                           static_cast<unsigned long long>(sequence));
  return format("%s %08x\n", text.c_str(), checksum(text));
}

int signal_of(const std::string& name) {
  if (!name.empty() && name[0] >= '0' && name[0] <= '9') return std::atoi(name.c_str());
  const std::string bare = name.rfind("SIG", 0) == 0 ? name.substr(3) : name;
  for (int number = 1; number < 32; ++number) {
    const char* known = ::sigabbrev_np(number);
    if (known && bare == known) return number;
  }
  return 0;
}

void fall(int number) {
  ::signal(number, SIG_DFL);
  sigset_t one;
  ::sigemptyset(&one);
  ::sigaddset(&one, number);
  ::sigprocmask(SIG_UNBLOCK, &one, nullptr);
  ::raise(number);
}

bool notify(const std::string& text) {
  const auto path = environment("NOTIFY_SOCKET");
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof to.sun_path) return false;
  std::memcpy(to.sun_path, path.data(), path.size());
  if (path[0] == '@') to.sun_path[0] = '\0';
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  const bool sent = ::sendto(fd, text.data(), text.size(), MSG_NOSIGNAL,
                             reinterpret_cast<sockaddr*>(&to), length) >= 0;
  ::close(fd);
  return sent;
}

std::string file_line(const char* path) {
  std::string text;
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  char buffer[4096];
  for (ssize_t size; (size = ::read(fd, buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(size));
  if (fd >= 0) ::close(fd);
  for (char& c : text)
    if (c == '\n' || c == '\0') c = ' ';
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

std::string status_field(const char* key) {
  std::string text = "-";
  FILE* file = std::fopen("/proc/self/status", "re");
  char line[1024];
  while (file && std::fgets(line, sizeof line, file)) {
    if (std::strncmp(line, key, std::strlen(key)) != 0) continue;
    text = line + std::strlen(key);
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
    while (!text.empty() && (text.front() == '\t' || text.front() == ' ')) text.erase(0, 1);
    for (char& c : text)
      if (c == '\t') c = ' ';
    break;
  }
  if (file) std::fclose(file);
  return text;
}

bool flood(int fd, std::uint64_t bytes) {
  std::string block;
  while (block.size() < 65536) block += std::string(63, 'x') + '\n';
  for (; bytes > 0;) {
    const auto part = bytes < block.size() ? bytes : block.size();
    if (!write_all(fd, block.data(), part)) return false;
    bytes -= part;
  }
  return true;
}

std::string open_descriptors(int hidden) {
  std::string text;
  for (int fd = 0; fd < 4096; ++fd) {
    if (fd == hidden || ::fcntl(fd, F_GETFD) < 0) continue;
    text += (text.empty() ? "" : " ") + std::to_string(fd);
  }
  return text;
}

std::string credentials() {
  uid_t uid[3];
  gid_t gid[3];
  ::getresuid(&uid[0], &uid[1], &uid[2]);
  ::getresgid(&gid[0], &gid[1], &gid[2]);
  auto text =
      format("uid %u %u %u gid %u %u %u groups", uid[0], uid[1], uid[2], gid[0], gid[1], gid[2]);
  std::vector<gid_t> groups(256);
  const int count = ::getgroups(static_cast<int>(groups.size()), groups.data());
  for (int i = 0; i < count; ++i) text += format(" %u", groups[static_cast<std::size_t>(i)]);
  for (const char* set : {"CapInh:", "CapPrm:", "CapEff:", "CapAmb:", "NoNewPrivs:"})
    text += format(" %s %s", set, status_field(set).c_str());
  return text;
}

std::string limits() {
  struct {
    const char* name;
    __rlimit_resource what;
  } const all[] = {{"nofile", RLIMIT_NOFILE}, {"core", RLIMIT_CORE}, {"memory", RLIMIT_AS}};
  std::string text;
  for (const auto& one : all) {
    rlimit value{};
    ::getrlimit(one.what, &value);
    text += format("%s%s %lld %lld", text.empty() ? "" : " ", one.name,
                   static_cast<long long>(value.rlim_cur), static_cast<long long>(value.rlim_max));
  }
  return text;
}

void* shared_page() {
  return ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

int connect_to(const std::string& path) {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  if (path.size() >= sizeof to.sun_path) return -1;
  std::memcpy(to.sun_path, path.data(), path.size());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) return -1;
  return fd;
}

int http_server::open(int port) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(static_cast<std::uint16_t>(port));
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof at;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&at), length) != 0 ||
      ::listen(listener_, 128) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &length) != 0)
    return -1;
  return ntohs(at.sin_port);
}

void http_server::serve(const volatile int* status) {
  ::signal(SIGPIPE, SIG_IGN);
  for (;;) {
    const int peer = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (peer < 0) continue;
    char request[8192];
    if (::read(peer, request, sizeof request) > 0) {
      const std::string body = *status < 400 ? "OK\n" : "not well\n";
      write_all(peer, format("HTTP/1.1 %d %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
                             *status, *status < 400 ? "OK" : "Error", body.size()) +
                          body);
    }
    ::close(peer);
  }
}

}  // namespace puppetry
