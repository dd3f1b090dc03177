#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdlib>

#include <fcntl.h>
#include <unistd.h>

#include "fixture.hpp"
#include "support/sanitized.hpp"

using namespace aurora;
using namespace aurora::test;
using keeper::kind;

namespace {

constexpr int caught = 77;

/// The process that must not touch the heap; its forks are others.
volatile pid_t banned = 0;

void judge() {
  if (banned == 0 || banned != ::getpid()) return;
  static const char words[] = "the keeper touched the heap\n";
  const auto ignored = ::write(STDERR_FILENO, words, sizeof words - 1);
  static_cast<void>(ignored);
  ::_exit(caught);  // a signal would be Boost.Test's
}

}  // namespace

#ifdef AURORA_SANITIZED
extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*allocated)(const volatile void*,
                                                                           std::size_t),
                                                         void (*freed)(const volatile void*));
namespace {
void on_malloc(const volatile void*, std::size_t) { judge(); }
void on_free(const volatile void*) { judge(); }
void install() { __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free); }
}  // namespace
#else
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* old, std::size_t size);

void* malloc(std::size_t size) {
  judge();
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
  judge();
  return __libc_calloc(count, size);
}
void* realloc(void* old, std::size_t size) {
  judge();
  return __libc_realloc(old, size);
}
}
namespace {
void install() {}
}  // namespace
#endif

namespace {

void ban() {
  install();
  banned = ::getpid();
}

/// A whole life: descriptors, a process that ends in the gap, a crash, signals, nonsense, a program
/// that does not stand, the end.
int live(fake_reactor& self) {
  self.begin();
  if (self.generation == 0) {
    const pipe_ends gate;
    const pid_t child = fork_waiting(gate, 42);
    const int pidfd = pidfd_of(child);
    for (int n = 0; n < 300; ++n) self.hold(kind::log, "web", n, gate.in);
    self.release(kind::log, "web", 7);
    self.hold(kind::process, "web", child, pidfd);
    self.send(keeper::verb::begin);
    self.ready();
    self.notify("READY=1");
    ::kill(self.keeper_pid, SIGHUP);
    self.signal();
    BOOST_REQUIRE(::write(gate.out, "x", 1) == 1);
    await_end(pidfd);
  }
  if (self.generation == 2) {
    self.hold(kind::program, "", 0, ::open("/bin/false", O_PATH));
    self.send(keeper::verb::replace);
    return 0;
  }
  if (self.generation < 4) self.crash();
  self.report(std::to_string(self.held.size()) + " held, " + std::to_string(self.statuses.size()) +
              " ended");
  self.settled(self.statuses.begin()->first);
  self.leaving(0);
  return 0;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(heap)

BOOST_AUTO_TEST_CASE(is_never_touched) {
  BOOST_TEST_MESSAGE("The keeper allocates nothing in a whole life, so that it cannot fail to");
  kept one(live, [] {
    ::setenv("NOTIFY_SOCKET", "@aurora-nobody-listens", 1);
    ban();
  });
  BOOST_TEST(one.line() == "300 held, 1 ended");
  BOOST_TEST(one.code() == 0);
}

BOOST_AUTO_TEST_CASE(would_be_seen) {
  BOOST_TEST_MESSAGE("The ban works: a process that allocates under it is ended");
  kept one([](fake_reactor&) { return 0; },
           [] {
             ban();
             ::free(::malloc(100));
             ::_exit(0);
           });
  BOOST_TEST(one.complaint() == "the keeper touched the heap");
  BOOST_TEST(one.code() == caught);
}

BOOST_AUTO_TEST_SUITE_END()
