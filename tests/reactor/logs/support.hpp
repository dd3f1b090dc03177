#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "reactor/logs/log_hub.hpp"
#include "reactor/worker_pool.hpp"
#include "support/await.hpp"

namespace aurora::test {

/// A folder of its own, with `logs` and `run` in it; gone at the end.
struct scratch {
  scratch();
  ~scratch();
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;
  std::string logs() const { return root + "/logs"; }
  std::string run() const { return root + "/run"; }
  std::string root;
};

std::string read_all(const std::string& path);
void write_all(const std::string& path, std::string_view text);
bool exists(const std::string& path);
/// The text of a log, oldest rotated file first, packed ones unpacked.
std::string whole_log(const std::string& dir, const std::string& name);
std::vector<std::string> names_in(const std::string& dir);

/// Line `n` of a known text: its number, filler of a length of its own, and a checksum of both.
std::string numbered(std::uint64_t n);
std::string numbered(std::uint64_t first, std::uint64_t last);
/// Empty when `text` is whole numbered lines in order without a gap; else what is wrong. `first`
/// and `last` get what was found.
std::string complaint(std::string_view text, std::uint64_t& first, std::uint64_t& last);

/// Writes all of it to a descriptor that may block.
void put(int fd, std::string_view bytes);

logs_spec rotating(std::uint64_t max_size, unsigned keep, bool compress = false);

/// A hub on a loop of its own.
struct hub_fixture {
  hub_fixture() { make(); }
  ~hub_fixture();
  /// Ends the hub there is, and starts another on the same folders.
  void make(const std::function<void(reactor::log_hub::options&)>& adjust = {});
  void stop();
  std::unique_ptr<reactor::log_channel> open(const std::string& name, const logs_spec& spec = {});
  template <class Done>
  void until(Done done) {
    run_until(loop, done);
  }

  scratch dir;
  boost::asio::io_context loop{1};
  reactor::worker_pool workers;
  std::unique_ptr<reactor::log_hub> hub;
  std::vector<std::string> faults;
};

}  // namespace aurora::test
