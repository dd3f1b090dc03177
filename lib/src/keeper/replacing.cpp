#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "keeper/loop.hpp"
#include "keeper/say.hpp"

/// How another program takes the place of this one. First its reactor, on trial: the keeper stays,
/// and can go back. When that has proved itself the keeper becomes the program too, by exec: its
/// pid, its children, its descriptors and its memory stay.
namespace aurora::keeper {
namespace {

/// Of a reactor to be ready, and to live.
constexpr std::int64_t trial_time = 5'000'000'000;

}  // namespace

loop* loop::in(int memory) {
  if (memory < 0) {
    memory = ::memfd_create("aurora-keeper", 0);
    // Under a limit of file sizes: memory that cannot be given on.
    if (::ftruncate(memory, sizeof(loop)) != 0) ::close(std::exchange(memory, -1));
  }
  const int kind = MAP_SHARED | MAP_NORESERVE | (memory < 0 ? MAP_ANONYMOUS : 0);
  void* const area = ::mmap(nullptr, sizeof(loop), PROT_READ | PROT_WRITE, kind, memory, 0);
  if (area == MAP_FAILED) return nullptr;
  loop* const life = static_cast<loop*>(area);
  life->memory_ = memory;
  return life;
}

bool loop::resume(const reactor_program& program) {
  errno = EPROTO;
  if (layout_ != layout || pid_ != ::getpid()) return false;
  program_ = program;
  forget_program();
  more_ended_ = true;
  return open_signals();
}

/// The signals stay blocked: one that is passed on before there is a handler waits for it. A
/// session of its own, so that Ctrl-C reaches the keeper alone.
void loop::become_reactor(int link) {
  ::setsid();
  ::setrlimit(RLIMIT_NOFILE, &nofile_);
  if (trial_ != trial::none) {
    ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
    execute("reactor", link);
    std::_Exit(EXIT_FAILURE);
  }
  ::close(signals_);
  if (memory_ >= 0) ::close(memory_);
  held_.close();
  const reactor_program program = program_;
  ::munmap(this, sizeof *this);
  std::exit(program.run(link, program.context));
}

/// Returns only when it fails.
void loop::execute(const char* role, int fd) {
  static char text[64];
  std::snprintf(text, sizeof text, "%s=%s:%d", in_place, role, fd);
  program_.environment[0] = text;
  ::fcntl(fd, F_SETFD, 0);
  ::syscall(SYS_execveat, held_.descriptor(kind::program), "", program_.arguments,
            program_.environment, AT_EMPTY_PATH);
  say({"cannot execute the program that is to take over: ", strerrordesc_np(errno)});
}

void loop::try_program() {
  trial_ = trial::running;
  trial_until_ = now() + trial_time;
  how_ = standing::on_trial;
  start_at_ = ready_at_ = 0;
}

void loop::go_back() {
  say({"the program that was to take over did not pass its trial: going back to this one"});
  forget_program();
  how_ = standing::gone_back;
  start_at_ = 0;
}

void loop::forget_program() {
  held_.release(held_key{0, kind::program, 0, {}});
  trial_ = trial::none;
}

void loop::end_trial() {
  trial_until_ = now() + trial_time;
  if (ready_at_ == 0) {
    ::kill(reactor_, SIGKILL);
    return;
  }
  trial_ = trial::passed;
  // That it has passed is the one thing that this reactor is told, by whoever is the keeper then.
  how_ = standing::settled;
  held_.told(held_table::most);
  begun_ = false;
  if (memory_ >= 0) execute("keeper", memory_);
}

}  // namespace aurora::keeper
