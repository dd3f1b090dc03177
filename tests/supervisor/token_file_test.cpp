#include "supervisor/token_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include <boost/test/unit_test.hpp>

#include "support/temp_dir.hpp"

using namespace aurora;
using test::temp_dir;

namespace {

unsigned mode_of(const std::string& path) {
  struct stat found {};
  BOOST_REQUIRE(::lstat(path.c_str(), &found) == 0);
  return found.st_mode & 07777u;
}

std::string fault_of(const std::string& path) {
  const auto token = shell::token_of(path);
  BOOST_REQUIRE(!token);
  return token.error().words;
}

bool says(const std::string& text, const std::string& what) {
  return text.find(what) != std::string::npos;
}

void write(const std::string& path, const std::string& text, mode_t mode) {
  std::ofstream(path) << text;
  ::chmod(path.c_str(), mode);
}

}  // namespace

BOOST_AUTO_TEST_CASE(token_is_made_once_and_private_whatever_the_umask) {
  // S08
  const temp_dir home;
  for (const mode_t mask : {mode_t{0}, mode_t{077}}) {
    const std::string path = home / ("token" + std::to_string(mask));
    const auto old = ::umask(mask);
    const auto made = shell::token_of(path);
    ::umask(old);
    BOOST_REQUIRE(made);
    BOOST_TEST(made->size() == 43u);
    BOOST_TEST(mode_of(path) == 0600u);
    BOOST_TEST(*shell::token_of(path) == *made);
    std::ifstream in(path);
    std::string line;
    std::getline(in, line);
    BOOST_TEST(line == *made);
  }
}

BOOST_AUTO_TEST_CASE(token_that_others_could_have_planted_is_not_used) {
  // S26
  const temp_dir home;
  const std::string good = std::string(43, 'a') + "\n", path = home / "token";
  for (const mode_t mode : {0640, 0604, 0660, 0666, 0700 | 04}) {
    write(path, good, mode);
    BOOST_TEST(says(fault_of(path), "can be read by others"));
    BOOST_TEST(mode_of(path) == mode);
  }
  ::unlink(path.c_str());
  write(home / "elsewhere", good, 0600);
  BOOST_REQUIRE(::symlink("elsewhere", path.c_str()) == 0);
  BOOST_TEST(says(fault_of(path), "is a symlink"));
  ::unlink(path.c_str());
  BOOST_REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  BOOST_TEST(says(fault_of(path), "is not a file"));
  ::unlink(path.c_str());
  if (::geteuid() != 0) return;
  write(path, good, 0600);
  BOOST_REQUIRE(::chown(path.c_str(), 65534, 65534) == 0);
  BOOST_TEST(says(fault_of(path), "belongs to uid 65534"));
}

BOOST_AUTO_TEST_CASE(damaged_token_is_told_and_left_alone) {
  const temp_dir home;
  const std::string path = home / "token";
  for (const std::string& text : {std::string(), std::string("short\n"), std::string(44, 'a'),
                                  std::string(42, 'a') + "!\n", std::string(1000, 'a')}) {
    write(path, text, 0600);
    BOOST_TEST(says(fault_of(path), "holds no token: remove it"));
  }
  write(path, std::string(43, 'a'), 0600);
  BOOST_TEST(*shell::token_of(path) == std::string(43, 'a'));
}
