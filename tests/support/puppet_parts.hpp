#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

/// What puppets are made of; see puppet.cpp.
namespace puppetry {

/// Until it is killed.
[[noreturn]] void rest();

bool write_all(int fd, const char* data, std::size_t size);
bool write_all(int fd, const std::string& text);
/// Up to 511 bytes, as printf.
std::string format(const char* pattern, ...) __attribute__((format(printf, 1, 2)));
std::string environment(const char* key, const char* otherwise = "");

/// "RUN SEQUENCE CHECKSUM" and a newline: what a log must hold, complete, once and in order. The
/// checksum is FNV-1a, 32 bits, of what stands before it.
std::string numbered(std::uint64_t sequence);
/// Writes lines of 64 bytes; false once nobody reads.
bool flood(int fd, std::uint64_t bytes);

/// "TERM", "SIGTERM" or "15"; 0: no such signal.
int signal_of(const std::string& name);
/// By this signal, whatever was ignored or blocked.
void fall(int number);
/// To $NOTIFY_SOCKET, as sd_notify.
bool notify(const std::string& text);

/// The text of a file with its lines joined by blanks, for one-line answers.
std::string file_line(const char* path);
/// The value of a line of /proc/self/status.
std::string status_field(const char* key);
std::string open_descriptors(int hidden);
std::string credentials();
std::string limits();

/// Memory that forked processes share.
void* shared_page();
/// A stream to a Unix socket, or -1.
int connect_to(const std::string& path);

/// HTTP on 127.0.0.1.
class http_server {
 public:
  /// The port (0: a free one is taken), or -1.
  int open(int port);
  /// Answers everything with *status.
  [[noreturn]] void serve(const volatile int* status);

 private:
  int listener_ = -1;
};

/// Does what the master says, and ends when the master does.
[[noreturn]] void obey(int master);

}  // namespace puppetry
