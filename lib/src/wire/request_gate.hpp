#pragma once

#include <optional>
#include <string>
#include <string_view>

/// The strict look at the bytes of a request before Beast parses them: whatever HTTP/1.1 leaves
/// open to two readings is refused, so that no proxy in front and no parser behind can see another
/// request than we do. Sources: RFC 9112 §2.2, §3, §5, §6.1 and §11.2; measured that Beast 1.81
/// lets several Hosts, lists of transfer codings and absolute targets through.
namespace aurora::wire {

struct head_fault {
  int status = 400;  ///< the connection is closed after it
  std::string text;
};

struct head_limits {
  std::size_t bytes = 8 * 1024;  ///< of request line and fields together
  std::size_t fields = 100;
};

/// Looks for the end of a head as its bytes come in, each byte once.
class head_scanner {
 public:
  explicit head_scanner(head_limits limits = {}) : limits_(limits) {}

  /// `bytes`: all received so far, from the start of the request line.
  /// Returns: a fault as soon as there is one (bare CR or LF, control bytes, too long).
  std::optional<head_fault> scan(std::string_view bytes);

  /// Bytes of the head with its empty line; 0 while it is not complete.
  std::size_t size() const { return size_; }

 private:
  std::optional<head_fault> line_end();

  head_limits limits_;
  std::size_t seen_ = 0;
  std::size_t line_ = 0;  ///< where the line in hand starts
  std::size_t lines_ = 0;
  std::size_t size_ = 0;
};

/// Checks a complete head. Nothing: it has one reading only.
std::optional<head_fault> check_head(std::string_view head);

}  // namespace aurora::wire
