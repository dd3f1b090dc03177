#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/fixture.hpp"

namespace {

using namespace aurora;
using namespace aurora::server;

mode_t mode_of(const std::string& path) {
  struct stat found {};
  BOOST_REQUIRE(::lstat(path.c_str(), &found) == 0);
  return found.st_mode;
}

struct owned {
  explicit owned(const boost::system::result<int>& made)
      : fd(made ? *made : -1), error(made.error()) {}
  ~owned() {
    if (fd >= 0) ::close(fd);
  }
  owned(const owned&) = delete;
  owned& operator=(const owned&) = delete;
  int fd;
  boost::system::error_code error;
};

BOOST_AUTO_TEST_SUITE(unix_socket)

// The mode is the one asked for under any umask, and the umask is what it was afterwards (S08).
BOOST_AUTO_TEST_CASE(modes) {
  temporary_directory dir;
  const std::string path = dir.path + "/s";
  const mode_t original = ::umask(022);
  for (const mode_t mask : {mode_t{0}, mode_t{077}, mode_t{0777}}) {
    for (const mode_t mode : {mode_t{0600}, mode_t{0660}}) {
      ::umask(mask);
      const owned listener(bind_unix_socket(path, mode, std::nullopt));
      BOOST_TEST(listener.fd >= 0);
      BOOST_TEST(mode_of(path) == (S_IFSOCK | mode));
      BOOST_TEST(::umask(mask) == mask);
      BOOST_TEST((::fcntl(listener.fd, F_GETFD) & FD_CLOEXEC) != 0);
    }
  }
  ::umask(original);
}

// With a group the socket belongs to it.
BOOST_AUTO_TEST_CASE(with_group) {
  temporary_directory dir;
  const std::string path = dir.path + "/s";
  const gid_t group = ::geteuid() == 0 ? 65534 : ::getegid();
  const owned listener(bind_unix_socket(path, 0660, group));
  BOOST_REQUIRE(listener.fd >= 0);
  struct stat found {};
  ::lstat(path.c_str(), &found);
  BOOST_TEST(found.st_gid == group);
  BOOST_TEST((found.st_mode & 0777) == 0660u);
}

// A socket that a dead daemon left is replaced, in one step: its path is never without one.
BOOST_AUTO_TEST_CASE(replaces_stale) {
  temporary_directory dir;
  const std::string path = dir.path + "/s";
  { const owned dead(bind_unix_socket(path, 0600, std::nullopt)); }
  BOOST_TEST(!raw_client(path).connected());
  const owned listener(bind_unix_socket(path, 0600, std::nullopt));
  BOOST_TEST(raw_client(path).connected());
  BOOST_TEST(!std::filesystem::exists(dir.path + "/.s.new"));
}

// What is no socket is never deleted; a missing directory is told as such.
BOOST_AUTO_TEST_CASE(refuses) {
  temporary_directory dir;
  const std::string path = dir.path + "/s";
  std::ofstream(path) << "precious";
  const owned onto_file(bind_unix_socket(path, 0600, std::nullopt));
  BOOST_TEST(onto_file.error.value() == EEXIST);
  BOOST_TEST(std::filesystem::file_size(path) == 8u);
  const owned nowhere(bind_unix_socket(dir.path + "/no/s", 0600, std::nullopt));
  BOOST_TEST(nowhere.error.value() == ENOENT);
}

// Paths of any length work, for the server and for its clients.
BOOST_AUTO_TEST_CASE(long_paths) {
  temporary_directory dir;
  std::string deep = dir.path;
  while (deep.size() < 1000) deep += "/" + std::string(100, 'd');
  std::filesystem::create_directories(deep);
  for (const std::string& path : {deep + "/aurorad.sock", dir.path + "/" + std::string(60, 'n')}) {
    const owned listener(bind_unix_socket(path, 0600, std::nullopt));
    BOOST_TEST(listener.fd >= 0);
    BOOST_TEST(raw_client(path).connected());
  }
}

// A process of another user is told 403 even where the mode lets it in (S10).
BOOST_AUTO_TEST_CASE(foreign_user) {
  if (::geteuid() != 0) {
    BOOST_TEST_MESSAGE("not run: only root can become another user");
    return;
  }
  running_server on({}, 0666);
  std::filesystem::permissions(on.dir.path, std::filesystem::perms::all);
  auto own = on.client();
  BOOST_TEST(own.get("/healthz").status == 200);
  int link[2];
  BOOST_REQUIRE(::pipe(link) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    // Plain system calls only: the loop's thread is not here.
    char answer[13] = {};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, on.socket.c_str(), on.socket.size() + 1);
    const char request[] = "POST /api/v1/shutdown HTTP/1.1\r\nHost: a\r\n\r\n";
    const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    if (::setgid(65534) == 0 && ::setuid(65534) == 0 &&
        ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
        ::write(fd, request, sizeof request - 1) > 0 && ::read(fd, answer, 12) == 12) {
      if (::write(link[1], answer, 12) != 12) ::_exit(1);
    }
    ::_exit(0);
  }
  ::close(link[1]);
  char answer[13] = {};
  BOOST_TEST(::read(link[0], answer, 12) == 12);
  ::close(link[0]);
  ::waitpid(child, nullptr, 0);
  BOOST_TEST(std::string(answer) == "HTTP/1.1 403");
  on.on_loop([&] { BOOST_TEST(on.backend.ended == ""); });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
