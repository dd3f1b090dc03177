#include "reactor/child/clone.hpp"

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <mutex>

#include <linux/sched.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__has_include) && __has_include(<sanitizer/asan_interface.h>)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_UNPOISON_MEMORY_REGION(address, size) (void)(address), (void)(size)
#endif

#define AURORA_CLONE ::clone
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
// clang's TSan takes clone() for a fork and changes its books in the child too, which here shares
// them. It does not look at the same function by its other name.
extern "C" int __clone(int (*entry)(void*), void* stack, int flags, void* argument, ...);
#undef AURORA_CLONE
#define AURORA_CLONE ::__clone
#endif
#endif

namespace aurora::reactor {
namespace {

constexpr std::size_t stack_size = 128 << 10;
constexpr std::size_t guard_size = 64 << 10;  // a page of any architecture

/// The child's stack: mapped once, with a guard below, so that an overflow faults instead of
/// writing into the daemon's memory. Null where there is no memory for it, until there is.
char* child_stack() {
  static char* stack = nullptr;
  if (stack) return stack;
  void* area = ::mmap(nullptr, guard_size + stack_size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (area == MAP_FAILED) return nullptr;
  ::mprotect(area, guard_size, PROT_NONE);
  return stack = static_cast<char*>(area) + guard_size;
}

#if defined(__x86_64__)
/// glibc has no clone3 that takes a stack and a function, and returning from a system call onto
/// another stack cannot be written in C++.
long clone3_call(clone_args& args, int (*entry)(void*), void* argument) {
  long result = 0;
  asm volatile(
      "syscall\n\t"
      "test %%rax, %%rax\n\t"
      "jnz 1f\n\t"
      "xor %%ebp, %%ebp\n\t"
      "mov %[argument], %%rdi\n\t"
      "call *%[entry]\n\t"
      "mov %%eax, %%edi\n\t"
      "mov %[leave], %%eax\n\t"
      "syscall\n\t"
      "hlt\n"
      "1:"
      : "=a"(result)
      : "0"(static_cast<long>(SYS_clone3)), "D"(&args),
        "S"(sizeof args), [entry] "r"(entry), [argument] "r"(argument), [leave] "i"(SYS_exit)
      : "rcx", "r11", "memory", "cc");
  return result;
}

pid_t clone_into(int cgroup, std::uint64_t flags, char* stack, int (*entry)(void*), void* argument,
                 int& pidfd) {
  clone_args args{};
  args.flags = flags | CLONE_INTO_CGROUP;
  args.pidfd = reinterpret_cast<std::uintptr_t>(&pidfd);
  args.exit_signal = SIGCHLD;
  args.stack = reinterpret_cast<std::uintptr_t>(stack);
  args.stack_size = stack_size;
  args.cgroup = static_cast<std::uint64_t>(cgroup);
  const long result = clone3_call(args, entry, argument);
  if (result >= 0) return static_cast<pid_t>(result);
  errno = static_cast<int>(-result);
  return -1;
}
#else
pid_t clone_into(int, std::uint64_t, char*, int (*)(void*), void*, int&) {
  errno = ENOSYS;
  return -1;
}
#endif

}  // namespace

pid_t clone_vfork(int (*entry)(void*), void* argument, int cgroup, bool share_descriptors,
                  int& pidfd) {
  // Suspended threads hold it until their child has executed: there is one stack.
  static std::mutex one_at_a_time;
  const std::lock_guard lock(one_at_a_time);
  char* const stack = child_stack();
  if (!stack) {
    errno = ENOMEM;
    return -1;
  }
  // The frames of the last child never returned: the sanitizer still has their red zones there.
  ASAN_UNPOISON_MEMORY_REGION(stack, stack_size);
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const int flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | (share_descriptors ? CLONE_FILES : 0);
  const pid_t pid =
      cgroup >= 0 ? clone_into(cgroup, static_cast<unsigned>(flags), stack, entry, argument, pidfd)
                  : AURORA_CLONE(entry, stack + stack_size, flags | SIGCHLD, argument, &pidfd);
  const int error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return pid;
}

}  // namespace aurora::reactor
