#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "server/backend.hpp"
#include "server/wake_up.hpp"
#include "wire/requests.hpp"

namespace aurora::server {

/// A message that all clients get is written once, and shared.
using shared_text = std::shared_ptr<const std::string>;

/// What one client of the stream asked for beside events and logs: usage, and the answers of
/// probes. Bounded: of usage only the newest waits, of answers a fixed number; what does not fit is
/// dropped and counted, and a message with the count stands in its place.
class data_feed {
 public:
  /// `wake` is set whenever there is something to send; it outlives the feed, as `from` does.
  data_feed(backend& from, wake_up& wake) : from_(from), wake_(wake) {}

  struct added {
    std::vector<std::string> instances;  ///< whose probes the names stand for
    std::vector<std::string> unknown;
  };
  /// Names of services or instances; none: of all, also those that come later.
  added watch_probes(const std::vector<std::string>& names);
  void forget_probes(const std::vector<std::string>& names);
  void watch_usage();
  void forget_usage();

  bool wants_probe(const std::string& instance) const;
  void on_probe(const shared_text& message);
  void on_usage(const shared_text& message);

  bool empty() const { return !usage_ && probes_.empty() && dropped_ == 0; }
  /// The next message; it is not empty.
  std::string next();

 private:
  backend& from_;
  wake_up& wake_;
  bool all_probes_ = false;
  std::set<std::string, std::less<>> names_;  ///< as they were given
  std::shared_ptr<void> watching_;            ///< usage
  shared_text usage_;
  std::deque<shared_text> probes_;
  std::uint64_t dropped_ = 0;
};

}  // namespace aurora::server
