#pragma once

#include <dirent.h>
#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "server/fake_backend.hpp"
#include "server/raw_client.hpp"
#include "server/server.hpp"
#include "server/unix_socket.hpp"

namespace aurora::server {

struct temporary_directory {
  temporary_directory() {
    std::string made = (std::filesystem::temp_directory_path() / "aurora-server-XXXXXX").string();
    BOOST_REQUIRE(::mkdtemp(made.data()) != nullptr);
    path = made;
  }
  ~temporary_directory() { std::filesystem::remove_all(path); }
  temporary_directory(const temporary_directory&) = delete;
  temporary_directory& operator=(const temporary_directory&) = delete;
  std::string path;
};

/// The token of every running_server that is given no other.
inline const std::string good_token(43, 'T');

/// A server with a fake supervisor on a loop of its own thread, and a socket and a port for
/// clients. Stops the server, and fails where anything is left of it.
class running_server {
 public:
  explicit running_server(server_options how = {}, mode_t mode = 0600);
  ~running_server();
  running_server(const running_server&) = delete;
  running_server& operator=(const running_server&) = delete;

  /// Stops the server and its loop.
  void stop();
  /// Stops the server only, without waiting for it.
  std::future<void> begin_stop();

  /// Runs `what` on the loop's thread and gives back its result.
  template <class What>
  auto on_loop(What what) {
    using result = std::invoke_result_t<What>;
    if constexpr (std::is_void_v<result>) {
      run(what);
    } else {
      std::optional<result> out;
      run([&] { out.emplace(what()); });
      return *std::move(out);
    }
  }

  /// Waits, a turn of the loop at a time, until it holds. Returns: whether it did within a minute.
  bool eventually(const std::function<bool()>& what);
  /// The same, until so many connections are open.
  bool comes_to(std::size_t connections);
  /// Open just now; to be asked on the loop only.
  std::size_t connections() const;

  raw_client client() { return raw_client(socket); }
  /// On TCP, with the right name and no token.
  raw_client tcp() { return raw_client(port); }

 private:
  struct machinery;
  void run(const std::function<void()>& what);

 public:
  temporary_directory dir;
  std::string socket;
  std::uint16_t port = 0;
  fake_backend backend;

 private:
  std::unique_ptr<machinery> machinery_;
};

inline std::size_t open_descriptors() {
  std::size_t count = 0;
  DIR* list = ::opendir("/proc/self/fd");
  while (::readdir(list) != nullptr) ++count;
  ::closedir(list);
  return count;
}

}  // namespace aurora::server
