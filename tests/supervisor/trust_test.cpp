#include "supervisor/trust.hpp"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "support/temp_dir.hpp"

using namespace aurora;
using test::temp_dir;

namespace {

struct private_home : temp_dir {
  private_home() { BOOST_REQUIRE(::chmod(path().c_str(), 0755) == 0); }
  std::string folder(const std::string& name, mode_t mode = 0755) const {
    const auto made = *this / name;
    BOOST_REQUIRE(::mkdir(made.c_str(), 0700) == 0);
    BOOST_REQUIRE(::chmod(made.c_str(), mode) == 0);
    return made;
  }
  std::string file(const std::string& name, mode_t mode = 0644) const {
    test::write_file(*this / name, "{}");
    BOOST_REQUIRE(::chmod((*this / name).c_str(), mode) == 0);
    return *this / name;
  }
};

std::string fault_of(const std::string& path) {
  return shell::changeable_by_others(path, ::geteuid()).value_or("");
}

/// Whether the words name this part of a path.
bool blames(const std::string& fault, const std::string& part) {
  return fault.starts_with("'" + part + "' ");
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_is_ours_alone_is_trusted) {
  // Root's and our own files pass, below a sticky /tmp too, and what is not there is not blamed.
  const private_home home;
  home.folder("conf");
  BOOST_TEST(fault_of(home.file("conf/aurora.json", 0600)) == "");
  BOOST_TEST(fault_of(home / "conf/../conf/./aurora.json") == "");
  BOOST_TEST(fault_of(home / "nowhere/aurora.json") == "");
  BOOST_TEST(fault_of("/etc/passwd") == "");
}

BOOST_AUTO_TEST_CASE(who_else_may_write_is_blamed) {
  // C14: the group counts as everybody does, for files and for every folder above them.
  const private_home home;
  for (const mode_t mode : {0664u, 0646u, 0666u}) {
    const auto file = home.file("aurora.json", mode);
    BOOST_TEST(blames(fault_of(file), file));
    BOOST_TEST(fault_of(file).find("chmod go-w") != std::string::npos);
  }
  for (const mode_t mode : {0775u, 0757u}) {
    const auto folder = home.folder("open" + std::to_string(mode), mode);
    ::mkdir((folder + "/deep").c_str(), 0755);
    test::write_file(folder + "/deep/aurora.json", "{}");
    BOOST_TEST(blames(fault_of(folder + "/deep/aurora.json"), folder));
  }
  const auto sticky = home.folder("sticky", 01777);
  BOOST_TEST(fault_of(home.file("sticky/aurora.json")) == "");
}

BOOST_AUTO_TEST_CASE(folders_behind_links_count) {
  // C14: where a symlink leads is what is read; so do `..` and links to links.
  const private_home home;
  const auto open = home.folder("open", 0777);
  home.file("open/aurora.json");
  const auto link = home / "link.json";
  BOOST_REQUIRE(::symlink("open/aurora.json", link.c_str()) == 0);
  BOOST_TEST(blames(fault_of(link), open));
  const auto closed = home.folder("closed");
  home.file("closed/real.json");
  const auto hop = open + "/hop";
  BOOST_REQUIRE(::symlink((closed + "/real.json").c_str(), hop.c_str()) == 0);
  const auto twice = closed + "/twice.json";
  BOOST_REQUIRE(::symlink("../open/hop", twice.c_str()) == 0);
  BOOST_TEST(blames(fault_of(twice), open));
  const auto loop = home / "loop";
  BOOST_REQUIRE(::symlink("loop", loop.c_str()) == 0);
  BOOST_TEST(fault_of(loop) == "");
  BOOST_TEST(fault_of("/../..") == "");
}

BOOST_AUTO_TEST_CASE(foreign_owners_are_blamed) {
  // C14: whoever owns a file may change it, whatever its mode is.
  const private_home home;
  const auto file = home.file("aurora.json");
  if (::geteuid() == 0) {
    BOOST_REQUIRE(::chown(file.c_str(), 65534, 65534) == 0);
    BOOST_TEST(blames(fault_of(file), file));
    BOOST_REQUIRE(::chown(home.path().c_str(), 65534, 65534) == 0);
    BOOST_TEST(blames(fault_of(file), home.path().string()));
    BOOST_TEST(shell::unsafe_for_root({"/etc/passwd", file}).value_or("").find("chown 0") !=
               std::string::npos);
    ::setenv("AURORA_ALLOW_WRITABLE_CONFIG", "1", 1);
    BOOST_TEST(!shell::unsafe_for_root({file}));
    ::unsetenv("AURORA_ALLOW_WRITABLE_CONFIG");
    ::setenv("SUDO_UID", "65534", 1);
    BOOST_TEST(!shell::unsafe_for_root({file}));
    ::setenv("SUDO_UID", "65533", 1);
    BOOST_TEST(shell::unsafe_for_root({file}).has_value());
    ::unsetenv("SUDO_UID");
  } else {
    BOOST_TEST(shell::changeable_by_others(file, ::geteuid() + 1).has_value());
    BOOST_TEST(!shell::unsafe_for_root({file}));
  }
}
